import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { reasonLine } from '../../src/core/reason-line.ts'
import { parseInspec } from '../../src/verify/inspec-report.ts'
import { findProblem } from '../../src/verify/judge.ts'

// Real output of InSpec 5.24.24, see test/fixtures/inspec/README.md.
const answers = join(import.meta.dirname, '../fixtures/inspec/answers')
const readAnswer = (name: string): string | undefined =>
  existsSync(join(answers, name)) ? readFileSync(join(answers, name), 'utf8') : undefined
const parseReal = (name: string, exitCode: number) =>
  parseInspec({ report: readAnswer(`${name}.json`), exitCode, said: reasonLine(readAnswer(`${name}.err`) ?? '') })

describe('real output of InSpec', () => {
  it.each([
    ['allpass', 0, ['passed', 'passed', 'passed']],
    ['skiponly', 101, ['skipped']],
    ['notests', 0, ['skipped']],
    ['raises', 100, ['error', 'passed']],
    ['inner', 100, ['error', 'error']],
    ['resskip', 100, ['error', 'skipped', 'skipped', 'failed', 'passed']],
    ['waived', 100, ['skipped', 'failed', 'passed']],
    ['expired', 100, ['failed', 'failed', 'passed']],
  ] as const)('gives a case for each test: %s', (name, exitCode, statuses) => {
    const { cases, problem } = parseReal(name, exitCode)
    expect(cases.map(({ status }) => status)).toEqual(statuses)
    expect(problem).toBeUndefined()
  })

  it.each([
    ['wrapper', ['passed', 'passed', 'passed', 'error']],
    // One control of its own, three of `allpass` and one of `inner` through `wrapper`, and a control without a test in `notests`.
    ['outer', ['skipped', 'passed', 'passed', 'passed', 'passed', 'error']],
  ] as const)('counts each control of an overlay once: %s', (name, statuses) => {
    const { cases, problem } = parseReal(name, 100)
    expect(cases.map(({ status }) => status)).toEqual(statuses)
    expect(problem).toBeUndefined()
  })

  it('gives a test outside of controls the same name in every build', () => {
    expect(parseReal('allpass', 0).cases[2]?.name).toBe('File /etc is expected to be directory')
    expect(parseReal('outer', 100).cases.map(({ name }) => name)).toContain('File /etc is expected to be directory')
  })

  it.each([
    ['waived', 100, 0, 'Skipped control due to waiver condition: not our concern'],
    ['waived', 100, 1, 'waived with `run: true`, and failed: expected File /etc/nothing2 to exist'],
    ['expired', 100, 0, 'the waiver has expired: expected File /etc/nothing to exist'],
    ['raises', 100, 0, 'boom at load'],
    ['resskip', 100, 0, 'Unsupported resource/backend combination: windows_feature / debian. Exiting.'],
    ['resskip', 100, 2, 'look by hand'],
  ] as const)('says why a test has not passed: %s, exit code %i, case %i', (name, exitCode, index, message) => {
    expect(parseReal(name, exitCode).cases[index]?.message).toBe(message)
  })

  it('gives a skipped test case for a dependency that did not run', () => {
    const report = parseReal('depskip', 0)
    expect(report.problem).toBeUndefined()
    expect(report.cases.at(-1)).toEqual({
      name: 'dependency support',
      status: 'skipped',
      durationMs: 0,
      message: "Skipping profile: 'support' on unsupported platform: 'debian/12.11'.",
    })
    expect(findProblem(report, { cases: 2, why: 'minimumCases' })).toBe('1 tests ran, expected at least 2 (minimumCases)')
  })

  it.each([
    ['syntax', 1, "(exit code 1): syntax/controls/a.rb:3: syntax error, unexpected `end', expecting ')'"],
    ['depsyntax', 1, "(exit code 1): /profiles/syntax/controls/a.rb:3: syntax error, unexpected `end', expecting ')'"],
    ['inputs', 1, "InSpec could not run the profile (exit code 1): Input 'port' is required and does not have a value."],
    ['runtime', 1, 'This profile requires Chef InSpec version >= 99. You are running Chef InSpec v5.24.24.'],
    ['deppath', 1, "(exit code 1): Profile dependency local path '/profiles/nothing' does not exist"],
    ['depurl', 1, 'Profile URL dependency https://profiles.invalid/linux-baseline.tar.gz could not be fetched: Failed to open TCP'],
    ['depurlrefused', 1, 'Profile URL dependency http://127.0.0.1:9/linux-baseline.tar.gz could not be fetched: Failed to open'],
    ['depgit', 1, 'Profile git dependency failed for https://profiles.invalid/linux-baseline.git - error running'],
    ['depundeclared', 102, "the profile depundeclared could not be loaded: Failed to load source for controls/a.rb: Cannot load 'nothing'"],
    ['toplevel', 102, 'the profile toplevel could not be loaded: Failed to load source for controls/a.rb: boom at the top'],
    ['support', 101, "the profile support does not support this machine: Skipping profile: 'support' on unsupported platform"],
    ['empty', 0, 'the profile has no control that ran'],
  ] as const)('says why a suite could not run: %s', (name, exitCode, why) => {
    const { cases, problem } = parseReal(name, exitCode)
    expect(cases).toEqual([])
    expect(problem).toContain(why)
  })
})

const report = (...statuses: string[]): string =>
  JSON.stringify({
    profiles: [
      {
        name: 'p',
        status: 'loaded',
        controls: statuses.map((status, index) => ({ id: `c${index}`, results: [{ status, code_desc: 'd', run_time: 0.1 }] })),
      },
    ],
  })
const parse = (text: string | undefined, exitCode: number) => parseInspec({ report: text, exitCode, said: 'said' })

describe('a report of InSpec', () => {
  it.each([
    [0, report('passed', 'passed')],
    [100, report('passed', 'failed')],
    [101, report('passed', 'skipped')],
  ])('is accepted if exit code %i agrees', (exitCode, text) => {
    expect(parse(text, exitCode).problem).toBeUndefined()
  })

  it.each([
    [1, 'could not run the profile'],
    [2, 'plugin'],
    [3, 'deprecated'],
    [172, 'CHEF_LICENSE_KEY'],
    [173, 'CHEF_LICENSE_KEY'],
    [174, 'CHEF_LICENSE_KEY'],
  ])('fails with exit code %i, even with a good report', (exitCode, why) => {
    const { cases, problem } = parse(report('passed'), exitCode)
    expect(cases).toEqual([])
    expect(problem).toContain(why)
    expect(problem).toContain('said')
  })

  const whole = readAnswer('waived.json') ?? ''
  it.each([
    ['no report', undefined, 0, 'wrote no report'],
    ['an empty report', '', 0, 'wrote no report'],
    ['a truncated report', whole.slice(0, 700), 100, 'cannot read'],
    ['text that is not JSON', '<html/>', 0, 'cannot read'],
    ['JSON that is not a report', '{"controls": []}', 0, 'no profiles'],
    ['null', 'null', 0, 'cannot read'],
    ['a report without a profile', '{"profiles": []}', 0, 'no profiles'],
    ['a control without results', '{"profiles": [{"controls": [{"id": "a"}]}]}', 0, 'no results'],
    ['exit code 102 and a report that says nothing about it', report('passed'), 102, 'does not say which'],
    ['a failed test with exit code 0', report('failed'), 0, 'the exit code is 0, expected 100'],
    ['a passed test with exit code 100', report('passed'), 100, 'the exit code is 100, expected 0'],
    ['a skipped test with exit code 0', report('skipped', 'passed'), 0, 'expected 101'],
    ['a skipped test with exit code 100', report('skipped', 'passed'), 100, 'expected 101'],
    ['a failed test with exit code 101', report('failed', 'skipped'), 101, 'expected 100'],
    ['an unknown exit code', report('passed'), 255, 'the exit code is 255'],
  ] as [string, string | undefined, number, string][])('is a failure when it is %s', (_what, text, exitCode, why) => {
    expect(parse(text, exitCode).problem).toContain(why)
  })

  it('fails if a status is unknown', () => {
    expect(parse(report('blessed'), 0).cases[0]?.status).toBe('error')
  })

  it('gives a failure, not an error, for a test with several failed expectations', () => {
    const result = { status: 'failed', message: 'expected 1\n\nexpected 2', exception: 'RSpec::Core::MultipleExceptionError' }
    const text = JSON.stringify({ profiles: [{ controls: [{ id: 'a', results: [result] }] }] })
    expect(parse(text, 100).cases[0]?.status).toBe('failed')
  })

  it('fails if everything was skipped', () => {
    expect(findProblem(parse(report('skipped'), 101), undefined)).toContain('all 1 were skipped')
  })
})
