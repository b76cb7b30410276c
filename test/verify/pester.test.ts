import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { connect } from '../../src/guest/ssh/ssh.ts'
import { findProblem } from '../../src/verify/judge.ts'
import { type PesterAnswer, parsePester, pester, renderPesterScript } from '../../src/verify/pester.ts'
import { makeWindows } from '../helpers/windows.ts'

const fixture = (name: string): string => readFileSync(join(import.meta.dirname, '../fixtures/pester', name), 'utf8')
const summary = (about: object = {}): string =>
  JSON.stringify({
    version: '5.6.1',
    result: 'Failed',
    total: 6,
    passed: 2,
    failed: 1,
    skipped: 1,
    inconclusive: 1,
    notRun: 1,
    failedBlocks: 0,
    failedContainers: 0,
    errors: [],
    ...about,
  })
const answer = (about: Partial<PesterAnswer> = {}): PesterAnswer => ({
  report: fixture('junit.xml'),
  summary: summary(),
  exitCode: 1,
  said: '',
  ...about,
})

/** A report in which these tests passed. */
const passing = (...names: string[]): string =>
  `<?xml version="1.0"?><testsuites name="Pester"><testsuite name="x">${names.map((name) => `<testcase name="${name}" status="Passed" time="0.1"/>`).join('')}</testsuite></testsuites>`
const passed = (count: number, about: object = {}): string =>
  summary({ result: 'Passed', total: count, passed: count, failed: 0, notRun: 0, inconclusive: 0, ...about })

describe('a report of Pester', () => {
  it.each(['junit.xml', 'nunit25.xml', 'nunit3.xml'])('%s: distinguishes passed, failed, skipped and inconclusive tests', (name) => {
    const { cases, problem } = parsePester(answer({ report: fixture(name) }))
    expect(problem).toBeUndefined()
    const statusOf = Object.fromEntries(cases.map(({ name, status }) => [name.replace(/^.*(The|Logins)/, '$1'), status]))
    expect(statusOf).toEqual({
      'The system.is a Windows Server': 'passed',
      'The network.has the firewall on for Domain': 'passed',
      'The network.signs SMB': 'failed',
      'The network.has a proxy': 'skipped',
      'Logins.have no guest': 'error',
    })
    const failed = cases.find(({ status }) => status === 'failed')
    expect(failed?.message).toContain('Expected $true, but got $false.')
    expect(failed?.durationMs).toBe(45)
  })

  it('passes if exit code, summary and report agree', () => {
    expect(parsePester({ report: passing('a', 'b'), summary: passed(2), exitCode: 0, said: '' })).toMatchObject({ cases: [{}, {}] })
    expect(parsePester({ report: passing('a', 'b'), summary: passed(2), exitCode: 0, said: '' }).problem).toBeUndefined()
  })

  it.each([
    ['no report', { report: undefined }, 'wrote no report'],
    ['an empty report', { report: '' }, 'wrote no report'],
    ['a truncated report', { report: fixture('junit.xml').slice(0, 900) }, 'cannot read'],
    [
      'a report that is truncated between two elements',
      { report: fixture('nunit3.xml').split('<test-case id="1-1005"')[0] },
      'cannot read',
    ],
    ['text that is not XML', { report: 'Invoke-Pester : The term is not recognized' }, 'cannot read'],
    ['XML that is not a report', { report: '<html><body/></html>' }, 'neither JUnit nor NUnit'],
    [
      'entities that expand without limit',
      {
        report: `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><testsuites><testsuite name="&b;"/></testsuites>`,
      },
      'document type',
    ],
    ['no summary', { summary: undefined }, 'no summary'],
    ['a truncated summary', { summary: summary().slice(0, 20) }, 'no summary'],
    ['fewer tests than were run', { report: passing('a') }, 'has 5 tests, but its report has 1'],
    ['exit code 0 with a failed test', { exitCode: 0 }, 'exit code is 0'],
    ['exit code 1 without a failed test', { report: passing('a'), summary: passed(1), exitCode: 1 }, 'no failed test'],
    ['exit code 0 with 256 failed tests', { summary: summary({ failed: 256 }), exitCode: 0 }, '256 failed tests, but its report has 1'],
    [
      'exit code -1, as Windows prints it',
      { report: passing('a'), summary: passed(1), exitCode: 4_294_967_295 },
      'exit code is 4294967295',
    ],
    [
      'an inconclusive test that is shown as skipped',
      { summary: summary({ inconclusive: 2 }) },
      '2 inconclusive tests, but its report has 1',
    ],
    ['a summary that is not an object', { summary: 'null' }, 'no summary'],
    ['exit code 255', { report: passing('a'), summary: passed(1), exitCode: 255 }, 'exit code is 255'],
    ['a summary of failure with exit code 0', { report: passing('a'), summary: passed(1, { result: 'Failed' }), exitCode: 0 }, 'is Failed'],
    [
      'a file that could not be run',
      { report: passing('a'), summary: passed(1, { failedContainers: 1, errors: ['Unexpected token'] }), exitCode: 1 },
      'Unexpected token',
    ],
    [
      'a BeforeAll that failed',
      { report: passing('a'), summary: passed(1, { failedBlocks: 1, errors: ['no such host'] }), exitCode: 1 },
      'no such host',
    ],
  ] as [string, Partial<PesterAnswer>, string][])('is a failure when it is %s', (_what, about, why) => {
    expect(parsePester(answer(about)).problem).toContain(why)
  })

  it('fails without a test, although Pester ends with exit code 0', () => {
    const report = parsePester({ report: '<testsuites name="Pester"></testsuites>', summary: passed(0), exitCode: 0, said: '' })
    expect(findProblem(report, undefined)).toBe('no test ran')
  })

  it('contains the reason why Pester did not run', () => {
    const { problem } = parsePester({
      report: undefined,
      summary: JSON.stringify({ result: 'Error', errors: ['Pester 5 is not in the machine'] }),
      exitCode: 2,
      said: 'x',
    })
    expect(problem).toBe('Pester wrote no report (exit code 2): Pester 5 is not in the machine')
  })
})

describe('the script that runs Pester', () => {
  it.each([
    ['$configuration.Run.PassThru = $true'],
    ['$configuration.Run.Exit = $false'],
    ["$configuration.TestResult.OutputFormat = 'JUnitXml'"],
    ['$configuration.TestResult.Enabled = $true'],
    ["Import-Module Pester -MinimumVersion '5.0.0' -MaximumVersion '5.99.99'"],
  ])('has %s', (line) => {
    expect(renderPesterScript('base.Tests.ps1')).toContain(line)
  })

  it.each([
    ["it's.Tests.ps1", "$Tests = 'it''s.Tests.ps1'"],
    ['$(Stop-Computer).ps1', "$Tests = '$(Stop-Computer).ps1'"],
    ['a’;Stop-Computer.ps1', "$Tests = 'a’’;Stop-Computer.ps1'"],
  ])('does not let PowerShell expand the name %s', (path, line) => {
    expect(renderPesterScript(path)).toContain(line)
  })
})

describe('Pester in a machine', () => {
  const suite = { verifier: 'pester', file: 'verify/base.Tests.ps1', options: {} }
  const runIn = (windows: ReturnType<typeof makeWindows>) =>
    pester.run({ context: windows.context, connection: connect(windows.host, windows.build), suite, slug: 'pester', timeoutMs: 30_000 })

  it('copies the tests to the machine, runs them, and copies their report back', async () => {
    using windows = makeWindows('verify')
    windows.answer('pester/outcome.json', { rc: 1, stdout: 'Tests Passed: 2', stderr: '' })
    windows.answer('pester/pester-report.xml', fixture('junit.xml'))
    windows.answer('pester/pester-summary.json', summary())
    const { cases, problem } = await runIn(windows)
    expect(problem).toBeUndefined()
    expect(cases).toHaveLength(5)
    expect(windows.calls()[0]).toMatchObject({ kind: 'pester', files: ['base.Tests.ps1', 'run.ps1'] })
  })

  it('fails if the machine cannot be reached', async () => {
    using windows = makeWindows('verify')
    windows.answer('unreachable', '')
    expect((await runIn(windows)).problem).toContain('could not be reached')
  })

  it('fails if the machine returns no files', async () => {
    using windows = makeWindows('verify')
    expect((await runIn(windows)).problem).toContain('wrote no report')
  })
})
