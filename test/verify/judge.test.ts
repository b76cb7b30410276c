import { describe, expect, test } from 'vitest'
import type { CaseResult, SuiteResult } from '../../src/model/suite-result.ts'
import { suitePassed } from '../../src/model/suite-result.ts'
import { disagreement, expectedCases, findProblem, firstReason } from '../../src/verify/judge.ts'

const one = (status: CaseResult['status'], name = 'x', message?: string): CaseResult => ({
  name,
  status,
  durationMs: 0,
  ...(message === undefined ? {} : { message }),
})
const suite = (name: string, cases: CaseResult[], problem?: string): SuiteResult => ({
  suite: name,
  verifier: 'goss',
  cases,
  durationMs: 1,
  junit: '',
  ...(problem === undefined ? {} : { problem }),
})

describe('findProblem', () => {
  test.each([
    ['no test', [], undefined, 'no test ran'],
    ['only skipped tests', [one('skipped'), one('skipped')], undefined, 'no test ran: all 2 were skipped'],
    ['fewer tests than minimumCases', [one('passed')], expectedCases(2, undefined), '1 tests ran, expected at least 2 (minimumCases)'],
    [
      'fewer tests than for the latest good image',
      [one('passed')],
      expectedCases(undefined, 3),
      /expected at least 3 \(as many as the latest good/,
    ],
    ['too few tests besides skipped ones', [one('passed'), one('skipped')], expectedCases(2, undefined), /^1 tests ran/],
  ])('%s is a problem', (_name, cases, expected, problem) => {
    const found = findProblem({ cases }, expected)
    if (typeof problem === 'string') expect(found).toBe(problem)
    else expect(found).toMatch(problem)
  })

  test('minimumCases allows fewer tests than for the latest good image', () => {
    expect(findProblem({ cases: [one('passed')] }, expectedCases(1, 30))).toBeUndefined()
  })
})

test.each([
  [0, [one('passed')], undefined],
  [1, [one('failed')], undefined],
  [0, [one('failed')], 'the report has 1 failed tests, but the exit code is 0'],
  [3, [one('passed')], 'the report has no failed test, but the exit code is 3'],
])('exit code %i and report must agree', (code, cases, problem) => {
  expect(disagreement(code, cases)).toBe(problem)
})

describe('firstReason', () => {
  test('contains suite, test case, reason and the number of further failures', () => {
    const failed = [one('failed', 'Service nginx running', 'expected true, got false\nmore'), one('error', 'y'), one('passed')]
    expect(firstReason([suite('goss', failed)])).toBe('goss: Service nginx running: expected true, got false (and 1 more)')
  })

  test('contains the problem of a suite that failed as a whole', () => {
    expect(firstReason([suite('hygiene', [one('passed')]), suite('goss', [], 'no test ran')])).toBe('goss: no test ran')
  })

  test('names the problem of a suite before its cases', () => {
    const cases = [one('error', 'Users.are few', 'This test should run but it did not.')]
    expect(firstReason([suite('pester', cases, '1 blocks or files of tests did not run: no module named x')])).toBe(
      'pester: 1 blocks or files of tests did not run: no module named x (and 1 more)',
    )
  })

  test('joins the lines of a message that belong together', () => {
    expect(firstReason([suite('inspec', [one('failed', 'smb-1', '\nexpected: 1\n     got: 0\n\n(compared using ==)\n')])])).toBe(
      'inspec: smb-1: expected: 1, got: 0',
    )
  })

  test('is one line of limited length without control characters', () => {
    const reason = firstReason([suite('goss', [one('failed', `a\nb\r${'c'.repeat(2_752)}`, `\u001b[31m${'d'.repeat(5_000)}\r\nmore`)])])
    expect(reason).toMatch(/^goss: a b c+…: d+…$/)
    expect(reason.length).toBeLessThan(500)
  })

  test('is empty if all suites passed', () => {
    expect(firstReason([suite('goss', [one('passed'), one('skipped')])])).toBe('')
  })
})

test('a suite passes only without failed test cases and without a problem', () => {
  expect(suitePassed(suite('a', [one('passed'), one('skipped')]))).toBe(true)
  expect(suitePassed(suite('a', [one('passed'), one('error')]))).toBe(false)
  expect(suitePassed(suite('a', [one('passed')], 'exit code 3'))).toBe(false)
})
