import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import type { StepContext } from '../../src/guest/context.ts'
import type { Connection } from '../../src/guest/ssh/ssh.ts'
import { findGoss, goss, gossArguments, gossScript, parseGoss } from '../../src/verify/goss.ts'
import { findProblem } from '../../src/verify/judge.ts'

/** Output of goss 0.4.9. */
const report = (running: string) => `<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="goss" errors="0" tests="3" failures="1" skipped="1" time="0.025" timestamp="2026-11-23T13:51:15Z">
<testcase name="Command echo hi exit-status" time="0.000">
<skipped/><system-out>Command: echo hi: exit-status: skipped</system-out>
</testcase>
<testcase name="File /etc/passwd exists" time="0.000">
<system-out>File: /etc/passwd: exists: matches expectation: true</system-out>
</testcase>
<testcase name="Service nginx running" time="0.006">
<system-err>Service: nginx: running: Expected ${running} to equal true</system-err>
<failure>Service: nginx: running: Expected ${running} to equal true</failure>
</testcase>
</testsuite>
`

describe('parseGoss', () => {
  test('reports the expected and the found value', () => {
    expect(parseGoss(report('false'), 1, '').cases).toEqual([
      { name: 'Command echo hi exit-status', status: 'skipped', durationMs: 0, message: '' },
      { name: 'File /etc/passwd exists', status: 'passed', durationMs: 0 },
      { name: 'Service nginx running', status: 'failed', durationMs: 6, message: 'expected true, got false' },
    ])
  })

  test('parses 80,000 blanks in a message fast', () => {
    const start = performance.now()
    parseGoss(report(`${' '.repeat(80_000)}false`), 1, '')
    expect(performance.now() - start).toBeLessThan(3_000)
  })

  test('uses the last of several attempts', () => {
    const stdout = `${report('1')}Retrying in 500ms\n\n\nAttempt #2:\n${report('2')}Error: timeout of 1s reached before tests entered a passing state\n`
    expect(parseGoss(stdout, 3, '').cases.at(-1)?.message).toBe('expected true, got 2')
  })

  test.each([
    ['no test', 'Error: found 0 tests, source: goss.yaml', 78, /no report \(exit code 78\): said/],
    ['a missing goss', '', 127, /no report \(exit code 127\)/],
    ['a truncated report', report('false').slice(0, 300), 1, /no report/],
    ['an exit code that contradicts the report', report('false'), 0, /exit code is 0/],
    ['another XML document', `<?xml version="1.0"?><html></testsuite>`, 1, /cannot read/],
  ])('%s is a problem', (_name, stdout, code, problem) => {
    expect(parseGoss(stdout, code, 'said').problem).toMatch(problem)
  })
})

test('the script writes all files unchanged for goss, and removes them afterwards', () => {
  const text = 'a: \'quoted\' "twice" $HOME `x`\n# ümläut\n'
  const script = gossScript({
    files: { 'goss.yaml': text },
    gossfile: 'goss.yaml',
    variables: { title: "it's" },
    slug: `test-${process.pid}`,
    timeoutMs: 9_000,
  })
  const inspect = script.replace(/ && \/dev\/shm\/bakehouse-goss .*/, ' && cat goss.yaml bakehouse-variables.json')
  const { stdout, stderr } = spawnSync('sh', ['-s'], { input: inspect, encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(stdout).toBe(`${text}{"title":"it's"}`)
  expect(spawnSync('ls', [`/dev/shm/bakehouse-test-${process.pid}`]).status).not.toBe(0)
})

test('gossArguments requests JUnit, no colours, and retries within the time-out of the suite', () => {
  const line = gossArguments({ gossfile: 'goss.yaml', timeoutMs: 600_000 }).join(' ')
  expect(line).toBe(
    '/dev/shm/bakehouse-goss --gossfile goss.yaml --vars bakehouse-variables.json validate --format junit --no-color --retry-timeout 5s --sleep 500ms',
  )
})

describe.skipIf(!hasGoss())('goss on this computer, with a simulated ssh', () => {
  const folder = mkdtempSync(join(tmpdir(), 'goss-test-'))
  afterAll(() => {
    vi.unstubAllEnvs()
    for (const path of [folder, '/dev/shm/bakehouse-goss']) rmSync(path, { recursive: true, force: true })
  })

  async function runGoss(yaml: string) {
    writeFileSync(join(folder, 'goss.yaml'), yaml)
    vi.stubEnv('PATH', `${join(import.meta.dirname, '../fixtures/here')}:${process.env.PATH}`)
    const context = { log: () => {}, signal: new AbortController().signal, request: { family: { folder } } } as unknown as StepContext
    const connection = { host: { address: 'here', user: 'root' }, options: [], controlPath: folder } as unknown as Connection
    return goss.run({
      context,
      connection,
      suite: { verifier: 'goss', file: 'goss.yaml', options: { variables: { file: '/etc/passwd' } } },
      slug: 'goss',
      timeoutMs: 4_000,
    })
  }

  test('passes true expectations, with variables filled in', async () => {
    const report = await runGoss('file:\n  {{ .Vars.file }}: {exists: true}\n')
    expect(report).toEqual({ cases: [expect.objectContaining({ name: 'File /etc/passwd exists', status: 'passed' })] })
  })

  test('reports a wrong expectation, and the exit code agrees', async () => {
    const { cases, problem } = await runGoss('file:\n  /etc/passwd: {exists: true}\n  /nowhere: {exists: true}\n')
    expect(problem).toBeUndefined()
    expect(cases.filter(({ status }) => status === 'failed')).toMatchObject([
      { name: 'File /nowhere exists', message: 'expected true, got false' },
    ])
  })

  test.each([
    ['a file without a test', '{}\n', /found 0 tests|no test ran/],
    ['a file that is not YAML', 'file: [\n', /wrote no report/],
  ])('does not pass %s', async (_name, yaml, why) => {
    expect(findProblem(await runGoss(yaml), undefined)).toMatch(why)
  })
})

function hasGoss(): boolean {
  try {
    return findGoss() !== ''
  } catch {
    return false
  }
}
