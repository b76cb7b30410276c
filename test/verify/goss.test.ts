import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import type { StepContext } from '../../src/guest/context.ts'
import type { Connection } from '../../src/guest/ssh/ssh.ts'
import { findGoss, goss, gossArguments } from '../../src/verify/goss.ts'
import { packSuite } from '../../src/verify/goss-files.ts'
import { parseGoss } from '../../src/verify/goss-report.ts'
import { findProblem } from '../../src/verify/judge.ts'
import { cpuTimeOf } from '../helpers/cpu-time.ts'

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
      { name: 'Command echo hi exit-status', status: 'skipped', durationMs: 0, message: 'skipped by the goss file (skip: true)' },
      { name: 'File /etc/passwd exists', status: 'passed', durationMs: 0 },
      { name: 'Service nginx running', status: 'failed', durationMs: 6, message: 'expected true, got false' },
    ])
  })

  test('parses 80,000 blanks in a message fast', () => {
    expect(cpuTimeOf(() => parseGoss(report(`${' '.repeat(80_000)}false`), 1, ''))).toBeLessThan(3_000)
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

test('gossArguments requests JUnit, no colours, and retries within the time-out of the suite', () => {
  expect(gossArguments({ gossfile: 'goss.yaml', variables: { a: 1 }, timeoutMs: 600_000 }).join(' ')).toBe(
    '--gossfile goss.yaml --vars-inline {"a":1} validate --format junit --no-color --retry-timeout 5s --sleep 500ms',
  )
  expect(gossArguments({ gossfile: 'goss.yaml', variables: {}, variablesFile: '', timeoutMs: 1 })).toContain('--vars')
})

describe('the folder of a goss suite', () => {
  const family = mkdtempSync(join(tmpdir(), 'goss-files-'))
  afterAll(() => rmSync(family, { recursive: true, force: true }))
  const write = (path: string, text = '', mode = 0o644) => {
    mkdirSync(join(family, path, '..'), { recursive: true })
    writeFileSync(join(family, path), text, { mode })
  }
  const list = (archive: Buffer) => spawnSync('tar', ['-tvf', '-'], { input: archive, encoding: 'utf8' }).stdout

  test('goes along as a whole, with run bits, without secrets', async () => {
    write('audit/goss.yml')
    write('audit/section_1/a b.yml')
    write('audit/scripts/check.sh', '', 0o755)
    write('audit/password.txt')
    const listing = list(await packSuite(family, join(family, 'audit/goss.yml'), [join(family, 'audit/password.txt')]))
    expect(listing).toMatch(/-rwxr-xr-x .* scripts\/check.sh\n/)
    expect(listing).toMatch(/-rw-r--r-- .* section_1\/a b.yml\n/)
    expect(listing).not.toContain('password')
  })

  test('follows a link inside the family, also one to a folder around it', async () => {
    write('shared/x.yml')
    mkdirSync(join(family, 'linked'))
    writeFileSync(join(family, 'linked/goss.yml'), '')
    symlinkSync('../shared', join(family, 'linked/shared'))
    symlinkSync('.', join(family, 'linked/again'))
    const listing = list(await packSuite(family, join(family, 'linked/goss.yml'), []))
    expect(listing).toMatch(/ shared\/x.yml\n/)
  })

  test.each([
    ['a link that leaves the family', () => symlinkSync('/etc', join(family, 'bad/etc')), /a link to \/etc/],
    ['a link to a missing file', () => symlinkSync('nothing', join(family, 'bad/none')), /missing file/],
    ['more than 16 MiB', () => truncateSync(join(family, 'bad/goss.yml'), 17 * 1024 * 1024), /more than 16 MiB/],
  ])('is refused with %s', async (_what, spoil, message) => {
    write('bad/goss.yml')
    spoil()
    await expect(packSuite(family, join(family, 'bad/goss.yml'), [])).rejects.toThrow(message)
    rmSync(join(family, 'bad'), { recursive: true })
  })
})

describe.skipIf(!hasGoss())('goss on this computer, with a simulated ssh', () => {
  const folder = mkdtempSync(join(tmpdir(), 'goss-test-'))
  afterAll(() => {
    vi.unstubAllEnvs()
    for (const path of [folder, '/dev/shm/bakehouse-goss']) rmSync(path, { recursive: true, force: true })
  })

  async function runGoss(yaml: string, variables: unknown = { file: '/etc/passwd' }, file = 'goss.yaml') {
    writeFileSync(join(folder, file), yaml)
    vi.stubEnv('PATH', `${join(import.meta.dirname, '../fixtures/here')}:${process.env.PATH}`)
    const context = {
      log: () => {},
      signal: new AbortController().signal,
      request: { family: { folder, configure: { secrets: {} } } },
    } as unknown as StepContext
    const connection = { host: { address: 'here', user: 'root' }, options: [], controlPath: folder } as unknown as Connection
    return goss.run({
      context,
      connection,
      suite: { verifier: 'goss', file, options: { variables } },
      slug: 'goss',
      timeoutMs: 60_000,
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

  test('runs an audit as people keep it: sections by globs, a file of variables, scripts', async () => {
    vi.stubEnv('HOME', '/tmp')
    cpSync(join(import.meta.dirname, '../fixtures/goss-audit'), join(folder, 'audit'), { recursive: true })
    chmodSync(join(folder, 'audit/scripts/count.sh'), 0o755)
    const rules = Array.from({ length: 400 }, (_, index) => `rule_${index}: true\n`).join('')
    writeFileSync(join(folder, 'audit/vars.yml'), `run_section_1: true\nrun_section_2: false\nuser: nobody\n${rules}`)
    const yaml = readFileSync(join(folder, 'audit/goss.yml'), 'utf8')
    const { cases, problem } = await runGoss(yaml, ['audit/vars.yml', { user: 'root', rule_2: false }], 'audit/goss.yml')
    expect(problem).toBeUndefined()
    expect(cases.map(({ name, status }) => [name, status]).sort()).toEqual([
      ['Command 1.1.1 count_users exit-status', 'passed'],
      ['Command 1.1.1 count_users stdout', 'passed'],
      ['File /nowhere exists', 'failed'],
      ['File /nowhere mode', 'skipped'],
      ['File /tmp exists', 'passed'],
      ['Service nothing running', 'skipped'],
      ['User root exists', 'passed'],
    ])
    const skipped = Object.fromEntries(cases.filter(({ status }) => status === 'skipped').map(({ name, message }) => [name, message]))
    expect(skipped).toEqual({
      'File /nowhere mode': 'not checked, because exists failed',
      'Service nothing running': 'skipped by the goss file (skip: true)',
    })
    expect(readdirSync('/dev/shm').filter((name) => name.startsWith('bakehouse-suite'))).toEqual([])
  })

  test.each([
    ['an include that matches nothing', 'gossfile:\n  section_9/*.yml: {}\n', 'no matched files were found: "section_9/*.yml"'],
    ['a template that fails', 'file:\n  {{ .Vars.a.b }}: {exists: true}\n', 'map has no entry for key "a"'],
    ['an unknown function', 'file:\n  {{ nosuch }}: {exists: true}\n', 'function "nosuch" not defined'],
  ])('says so: %s', async (_what, yaml, why) => {
    expect((await runGoss(yaml)).problem).toContain(why)
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
