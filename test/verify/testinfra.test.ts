import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRedactor } from '../../src/core/redact/redact.ts'
import { findVenv } from '../../src/guest/ansible/venv.ts'
import type { StepContext } from '../../src/guest/context.ts'
import type { Connection } from '../../src/guest/ssh/ssh.ts'
import type { Host } from '../../src/model/host.ts'
import { findProblem } from '../../src/verify/judge.ts'
import { parseTestinfra, testinfra, testinfraArguments } from '../../src/verify/testinfra.ts'

const venv = venvOrNone()
const host = { address: '127.0.0.1', port: 2222, user: 'root' } as Host

test.each([
  ['names the machine', 'root', '--hosts=ssh://root@127.0.0.1:2222'],
  ['passes on the shared connection', 'root', '--ssh-extra-args=-o \'ControlPath="/tmp/a b"\''],
  ['requests JUnit', 'root', '--junitxml=/b/junit/x.raw.xml'],
  ['writes no cache to the family folder', 'root', '-p no:cacheprovider'],
  ['uses sudo if the user is not root', 'admin', '--sudo'],
])('testinfraArguments %s', (_claim, user, part) => {
  const connection = { host: { ...host, user }, options: ['-o', 'ControlPath="/tmp/a b"'] }
  const args = testinfraArguments({ connection, path: '/f/test_x.py', report: '/b/junit/x.raw.xml', slug: 'x' })
  expect(args.join(' ')).toContain(part)
  expect(args.at(-1)).toBe('/f/test_x.py')
})

test.each([
  [5, /^$/, 0],
  [2, /no report \(exit code 2\)/, 0],
  [4, /no report \(exit code 4\)/, 0],
])('without a report, exit code %i gives the reason', (code, problem, cases) => {
  const report = parseTestinfra({ report: undefined, exitCode: code, said: 'said' }, '127.0.0.1')
  expect(report.problem ?? '').toMatch(problem)
  expect(report.cases).toHaveLength(cases)
})

describe.skipIf(venv === undefined)('testinfra on this computer, with a simulated ssh', () => {
  const folder = mkdtempSync(join(tmpdir(), 'testinfra-test-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  beforeAll(() => {
    mkdirSync(join(folder, 'junit'))
  })

  /** The report of the verifier for this Python file, and the number of SSH sessions. */
  async function runTests(python: string) {
    writeFileSync(join(folder, 'test_it.py'), python)
    writeFileSync(join(folder, 'count'), '')
    const env = { PATH: `${join(import.meta.dirname, '../fixtures/here')}:${process.env.PATH}`, SSH_COUNT: join(folder, 'count') }
    const before = { ...process.env }
    Object.assign(process.env, env)
    const context = {
      folder,
      venv,
      log: () => {},
      redactor: createRedactor([]),
      signal: new AbortController().signal,
      request: { family: { folder } },
    }
    try {
      const connection = { host, options: ['-o', 'ControlPath="/a b"'] } as unknown as Connection
      const suite = {
        context: context as unknown as StepContext,
        connection,
        suite: { verifier: 'testinfra', file: 'test_it.py', options: {} },
        slug: 'testinfra',
        timeoutMs: 60_000,
      }
      return { report: await testinfra.run(suite), sessions: readFileSync(join(folder, 'count'), 'utf8').trim().split('\n') }
    } finally {
      process.env = before
    }
  }

  test('all commands of a run share one session, and their output is unchanged', async () => {
    const { report, sessions } = await runTests(`
import pytest
def test_bytes(host):
    answer = host.run("printf '\\\\377\\\\001'; echo err >&2; exit 3")
    assert (answer.rc, answer.stdout_bytes, answer.stderr) == (3, b"\\xff\\x01", "err\\n")
@pytest.mark.parametrize("word", ["it's $HOME", "ü"])
def test_quotes(host, word):
    assert host.check_output("printf %s %s", "%s", word) == word
`)
    expect(report).toMatchObject({ cases: [{ name: 'test_bytes' }, { name: "test_quotes[it's $HOME]" }, {}] })
    expect(report.cases.every(({ status }) => status === 'passed')).toBe(true)
    expect(report.problem).toBeUndefined()
    expect(sessions).toEqual([expect.stringContaining('ControlPath="/a b"')])
  })

  test('a name with spaces is kept', async () => {
    const { report } = await runTests(`
import pytest
@pytest.mark.parametrize("user", ["root"], ids=["the user of root"])
def test_user(host, user):
    pass
class TestAll:
    def test_in_class(self, host):
        pass
`)
    expect(report.cases.map(({ name }) => name)).toEqual(['test_user[the user of root]', 'test_in_class'])
  })

  test('a failed assertion is the message of the test case', async () => {
    const { report } = await runTests('def test_uid(host):\n    assert host.user("root").uid == 1\n')
    expect(report.cases[0]).toMatchObject({ name: 'test_uid', status: 'failed', message: expect.stringContaining('assert 0 == 1') })
  })

  test.each([
    ['no test', 'x = 1\n'],
    ['a file that is not valid Python', 'def (:\n'],
  ])(
    '%s fails',
    async (_name, python) => {
      const { report } = await runTests(python)
      expect(findProblem(report, undefined) !== undefined || report.cases.some(({ status }) => status === 'error')).toBe(true)
    },
    60_000,
  )
})

function venvOrNone(): string | undefined {
  try {
    return findVenv()
  } catch {
    return undefined
  }
}
