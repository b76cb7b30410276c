import { describe, expect, it } from 'vitest'
import { type Answer, expectStopped, verifyLinux, verifyWindows } from '../helpers/gate.ts'
import { type FakeTest, renderPesterResults } from '../helpers/pester.ts'

// Runs the whole step verify with good and bad output of each verifier. Only good output passes. For bad output, the message names the
// test case or the problem of the suite.

type Row = readonly [what: string, answer: Answer, message: string]

const bomb = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
const junit = (...cases: string[]): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="x" tests="${cases.length}">\n${cases.join('\n')}\n</testsuite>\n`
const one = (name: string, inner = ''): string => `<testcase name="${name}" time="0.1">${inner}</testcase>`
const good = junit(one('Service nginx running'), one('File /etc/x exists'))
const failing = junit(
  one('File /etc/x exists'),
  one('Service nginx running', '<failure message="Expected false to equal true">x</failure>'),
)
const erring = junit(one('Service nginx running', '<error message="no such service"/>'))
const skipping = junit(one('Service nginx running', '<skipped/>'))
const cutOff = failing.slice(0, 120)

describe('goss', () => {
  const suite = { goss: 'verify/goss.yaml' }
  const said = (report: string, code: number): Answer => ({ 'goss.out': report, 'goss.code': String(code) })

  it('passes with good output', async () => {
    expect(await verifyLinux(suite, said(good, 0))).toMatchObject([{}, { suite: 'goss', cases: [{}, {}] }])
  })

  it.each([
    ['a failed test', said(failing, 1), 'goss: Service nginx running: expected true, got false'],
    ['a test with an error', said(erring, 1), 'goss: Service nginx running: no such service'],
    ['only skipped tests', said(skipping, 0), 'goss: no test ran: all 1 were skipped'],
    ['no test', said('Error: found 0 tests, source: goss.yaml', 1), 'goss: goss wrote no report (exit code 1): Error: found 0 tests'],
    ['an empty report', said(junit(), 0), 'goss: no test ran'],
    ['a failed test and exit code 0', said(failing, 0), '(and 1 more)'],
    ['no failed test and exit code 78', said(good, 78), 'goss: the report has no failed test, but the exit code is 78'],
    ['a truncated report', said(cutOff, 1), 'goss: goss wrote no report (exit code 1)'],
    ['text that is not XML', said('panic: runtime error', 2), 'goss: goss wrote no report (exit code 2): panic: runtime error'],
    [
      'entities that expand without limit',
      said(good.replace('?>', `?>${bomb}`), 0),
      'goss: cannot read the report of goss: the report declares a document type',
    ],
    ['a tool that never ends', { hangs: '' }, 'goss: timed out'],
  ] as Row[])('fails with %s', async (_what, answer, message) => {
    await expectStopped(verifyLinux(suite, answer), message)
  })
})

describe('testinfra', () => {
  const suite = { testinfra: 'verify/test_it.py' }
  const said = (report: string | undefined, code: number): Answer => ({
    ...(report === undefined ? {} : { 'pytest.xml': report }),
    'pytest.code': String(code),
  })

  it('passes with good output', async () => {
    expect(await verifyLinux(suite, said(good, 0))).toMatchObject([{}, { suite: 'testinfra', cases: [{}, {}] }])
  })

  it.each([
    ['a failed test', said(failing, 1), 'testinfra: Service nginx running: Expected false to equal true'],
    ['a test with an error', said(erring, 1), 'testinfra: Service nginx running: no such service'],
    ['only skipped tests', said(skipping, 0), 'testinfra: no test ran: all 1 were skipped'],
    ['no test', said(junit(), 5), 'testinfra: no test ran'],
    ['a failed test and exit code 0', said(failing, 0), '(and 1 more)'],
    ['no failed test and exit code 3', said(good, 3), 'testinfra: the report has no failed test, but the exit code is 3'],
    ['an interruption', said(undefined, 2), 'testinfra: pytest wrote no report (exit code 2): pytest was here'],
    ['a truncated report', said(cutOff, 1), 'testinfra: cannot read the report of pytest: the report is not valid XML'],
    [
      'text that is not XML',
      said('Traceback (most recent call last):', 1),
      'testinfra: cannot read the report of pytest: the report is not valid XML',
    ],
    [
      'entities that expand without limit',
      said(good.replace('?>', `?>${bomb}`), 0),
      'testinfra: cannot read the report of pytest: the report declares',
    ],
    ['a tool that never ends', { hangs: '' }, 'testinfra: timed out'],
  ] as Row[])('fails with %s', async (_what, answer, message) => {
    await expectStopped(verifyLinux(suite, answer), message)
  })
})

describe('Ansible', () => {
  const suite = { ansible: 'verify/verify.yml' }
  const task = (status: string, about: object = {}): string =>
    `${JSON.stringify({ event: 'end', task: 'The port is open', action: 'ansible.builtin.wait_for', status, ms: 5, reason: null, forgiven: false, ...about })}\n`
  const said = (tasks: string, code: number): Answer => ({ 'tasks.jsonl': tasks, 'ansible.code': String(code) })

  it('passes with good output', async () => {
    expect(await verifyLinux(suite, said(task('ok'), 0))).toMatchObject([{}, { suite: 'ansible', cases: [{}] }])
  })

  it.each([
    ['a failed task', said(task('failed', { reason: { msg: 'Timeout' } }), 2), 'ansible: The port is open: Timeout'],
    ['an unreachable machine', said(task('unreachable', { reason: { msg: 'no route' } }), 4), 'ansible: The port is open: no route'],
    ['only skipped tasks', said(task('skipped'), 0), 'ansible: no test ran: all 1 were skipped'],
    ['only ignored failures', said(task('failed', { forgiven: true }), 0), 'ansible: no test ran: all 1 were skipped'],
    ['no task', said('', 0), 'ansible: the playbook ran no task'],
    ['a failed task and exit code 0', said(task('failed', { reason: { msg: 'Timeout' } }), 0), '(and 1 more)'],
    ['no failed task and exit code 250', said(task('ok'), 250), 'ansible: ansible-playbook ended with exit code 250'],
    ['a playbook that is not valid', said('', 4), 'ansible: ansible-playbook ended with exit code 4'],
    ['events that are not JSON', said('{"event":\n', 0), 'ansible: '],
    ['a tool that never ends', { hangs: '' }, 'ansible: the playbook did not end within 1 s'],
  ] as Row[])('fails with %s', async (_what, answer, message) => {
    await expectStopped(verifyLinux(suite, answer), message)
  })
})

describe('InSpec', () => {
  const suite = { inspec: 'verify/profile' }
  const control = (...statuses: string[]): object => ({
    id: 'ssh-1',
    title: 'SSH is hardened',
    results: statuses.map((status) => ({
      status,
      code_desc: 'Port 22 is listening',
      message: status === 'failed' ? 'expected true' : undefined,
    })),
  })
  const said = (code: number, ...controls: object[]): Answer => ({
    'inspec.json': { profiles: [{ name: 'p', controls }] },
    'inspec.code': String(code),
  })
  const broken = {
    id: 'a',
    results: [{ status: 'failed', code_desc: 'Control Source Code Error', exception: 'NoMethodError', message: 'undefined' }],
  }
  const raw = (report: string, code: number): Answer => ({ 'inspec.json': report, 'inspec.code': String(code) })
  const whole = JSON.stringify(said(0, control('passed'))['inspec.json'])

  it('passes with good output', async () => {
    expect(await verifyLinux(suite, said(0, control('passed', 'passed')))).toMatchObject([{}, { suite: 'inspec', cases: [{}, {}] }])
  })

  it('passes with skipped controls, for which InSpec has another exit code', async () => {
    const suites = await verifyLinux(suite, said(101, control('passed', 'skipped')))
    expect(suites.at(-1)?.cases.map(({ status }) => status)).toEqual(['passed', 'skipped'])
  })

  it.each([
    ['a failed control', said(100, control('passed', 'failed')), 'inspec: ssh-1: SSH is hardened: Port 22 is listening: expected true'],
    ['a control that throws', said(100, broken), 'inspec: a: Control Source Code Error: undefined'],
    ['only skipped controls', said(101, control('skipped')), 'inspec: no test ran: all 1 were skipped'],
    ['no control', said(0), 'inspec: the profile has no control that ran'],
    ['a failed control and exit code 0', said(0, control('failed')), '(and 1 more)'],
    [
      'a skipped control and exit code 0',
      said(0, control('passed', 'skipped')),
      'inspec: the report has 0 failed and 1 skipped tests, but the exit code is 0',
    ],
    [
      'no failed control and exit code 100',
      said(100, control('passed')),
      'inspec: the report has 0 failed and 0 skipped tests, but the exit code is 100',
    ],
    ['no skipped control and exit code 101', said(101, control('passed')), 'expected 0'],
    [
      'a profile that cannot be loaded',
      said(102, control('passed')),
      'inspec: InSpec says that a profile could not be loaded (exit code 102)',
    ],
    ['a missing licence', said(172, control('passed')), 'inspec: the licence of Chef InSpec is not accepted or set'],
    ['a usage error', said(1, control('passed')), 'inspec: InSpec could not run the profile (exit code 1)'],
    ['no report', { 'inspec.code': '0' }, 'inspec: InSpec wrote no report (exit code 0)'],
    ['a truncated report', raw(whole.slice(0, 60), 0), 'inspec: cannot read the report of InSpec'],
    ['text that is not JSON', raw('<html>502</html>', 0), 'inspec: cannot read the report of InSpec'],
    ['entities that expand without limit', raw(good.replace('?>', `?>${bomb}`), 0), 'inspec: cannot read the report of InSpec'],
    ['a tool that never ends', { hangs: '', 'inspec.code': '0' }, 'inspec: timed out'],
  ] as Row[])('fails with %s', async (_what, answer, message) => {
    await expectStopped(verifyLinux(suite, answer), message)
  })
})

describe('Pester', () => {
  const suite = { pester: 'verify/base.Tests.ps1' }
  const test = (result: FakeTest['result'], message = ''): FakeTest => ({ path: ['The network', 'signs SMB'], result, message })
  const said = (tests: readonly FakeTest[], code: number, about: object = {}): Answer => ({
    'outcome.json': { rc: code, stdout: '', stderr: '' },
    'pester-results.json': renderPesterResults(tests, about),
  })
  const raw = (results: string): Answer => ({ ...said([], 0), 'pester-results.json': results })
  const failed = test('Failed', 'Expected $true, but got $false.')

  it('passes with good output', async () => {
    expect(await verifyWindows(suite, said([test('Passed')], 0))).toMatchObject([{}, { suite: 'pester', cases: [{}] }])
  })

  it.each([
    ['a failed test', said([failed], 1), 'pester: The network › signs SMB: base.Tests.ps1:3: Expected $true, but got $false.'],
    [
      'an inconclusive test',
      said([test('Inconclusive', 'is inconclusive')], 0),
      'pester: The network › signs SMB: base.Tests.ps1:3: is inc',
    ],
    ['only skipped tests', said([test('Skipped')], 0), 'pester: no test ran: all 1 were skipped'],
    ['no test', said([], 0), 'pester: no test ran'],
    ['a failed test and exit code 0, as with 256 failures', said([failed], 0), '(and 1 more)'],
    [
      'no failed test and exit code -1',
      said([test('Passed')], 4_294_967_295),
      'pester: the report has no failed test, but the exit code is 4294967295',
    ],
    [
      'results with fewer tests than were run',
      said([test('Passed')], 0, { total: 2 }),
      'pester: Pester ran 2 tests, but its results have 1',
    ],
    [
      'a file that could not be read',
      said([test('Passed')], 1, { result: 'Failed', files: [{ file: 'a.Tests.ps1', line: 4, message: 'Unexpected token' }] }),
      'pester: a.Tests.ps1:4: Unexpected token',
    ],
    [
      'a block that could not be prepared',
      said([test('Passed')], 1, { result: 'Failed', blocks: [{ block: 'A', part: 'BeforeAll', message: 'no such host' }] }),
      'pester: A: BeforeAll failed: no such host',
    ],
    [
      'a result that contradicts the exit code',
      said([test('Passed')], 0, { result: 'Failed' }),
      'the result of Pester is Failed, but the exit',
    ],
    [
      'no results',
      { 'outcome.json': { rc: 2, stdout: '', stderr: 'out of memory' } },
      'pester: Pester wrote no results (exit code 2): out of memory',
    ],
    [
      'Pester that did not run to its end',
      said([], 2, { result: 'Error', problem: 'Pester 5 or newer is not on the machine' }),
      'pester: Pester did not run to its end: Pester 5 or newer is not on the machine',
    ],
    ['truncated results', raw('{"result":"Passed","cases":[{'), 'pester: the results of Pester are incomplete'],
    ['text that is not JSON', raw('Invoke-Pester : The term is not recognized'), 'pester: the results of Pester are incomplete'],
    ['results that are no object', raw('null'), 'pester: the results of Pester are incomplete'],
    ['a tool that never ends', { hangs: '' }, 'pester: the playbook did not end within 1 s'],
  ] as Row[])('fails with %s', async (_what, answer, message) => {
    await expectStopped(verifyWindows(suite, answer), message)
  })
})
