import { messageOf } from '../core/errors.ts'
import { shorten } from '../core/shorten.ts'
import { type CaseResult, isBad, type SuiteReport, type SuiteResult } from '../model/suite-result.ts'

/** What a tool left of a run. */
export interface ToolAnswer {
  /** Text of its report; undefined when there is none. */
  readonly report: string | undefined
  readonly exitCode: number
  /** The line that tells most of what it said, for a run without report. */
  readonly said: string
}

/** What a tool's answer says of its suite. A report that is missing, and one that `parse` throws on, is a problem. */
export function judgeAnswer(tool: string, { report, exitCode, said }: ToolAnswer, parse: (report: string) => SuiteReport): SuiteReport {
  if (report === undefined || report.trim() === '') return broken(`${tool} gave no report (exit code ${exitCode})${said && `: ${said}`}`)
  try {
    return parse(report)
  } catch (error) {
    return broken(`${tool}'s report cannot be read: ${messageOf(error)}`)
  }
}

/** A suite without a verdict. */
export function broken(problem: string): SuiteReport {
  return { cases: [], problem }
}

/** A suite that was stopped at its deadline. */
export const outOfTime: SuiteReport = broken('it did not end in time')

/** Cases, and a problem if there is one. */
export function suiteReport(cases: readonly CaseResult[], problem: string | undefined): SuiteReport {
  return problem === undefined ? { cases } : { cases, problem }
}

/** Why a suite must not pass although no case failed: nothing ran, or less than it should. */
export function findProblem(
  report: SuiteReport,
  expected: { readonly cases: number; readonly why: string } | undefined,
): string | undefined {
  if (report.problem !== undefined) return report.problem
  const ran = report.cases.filter(({ status }) => status !== 'skipped').length
  if (ran === 0) return report.cases.length === 0 ? 'no test ran' : `no test ran: all ${report.cases.length} were skipped`
  if (expected && ran < expected.cases) return `${ran} tests ran, expected at least ${expected.cases} (${expected.why})`
  return undefined
}

/** How many cases a suite must have at least: what the family says, or what it had last time. */
export function expectedCases(minimum: number | undefined, previous: number | undefined): { cases: number; why: string } | undefined {
  if (minimum !== undefined) return { cases: minimum, why: 'minimumCases' }
  return previous === undefined ? undefined : { cases: previous, why: 'as many as the latest good version had' }
}

/** Whether a verifier's exit code and its report say the same; the problem if they do not. */
export function disagreement(exitCode: number, cases: readonly CaseResult[]): string | undefined {
  const bad = cases.filter(isBad).length
  if (exitCode === 0 && bad > 0) return `the report has ${bad} failed tests, but the exit code is 0`
  if (exitCode !== 0 && bad === 0) return `the report has no failed test, but the exit code is ${exitCode}`
  return undefined
}

/** The first reason against an image, and how many more there are: `goss: nginx: expected true, got false (and 2 more)`. */
export function firstReason(suites: readonly SuiteResult[]): string {
  const reasons = suites.flatMap(({ suite, problem, cases }) => [
    ...cases.filter(isBad).map(({ name, message }) => `${suite}: ${name}${message ? `: ${firstLine(message)}` : ''}`),
    ...(problem === undefined ? [] : [`${suite}: ${problem}`]),
  ])
  return reasons.length > 1 ? `${reasons[0]} (and ${reasons.length - 1} more)` : (reasons[0] ?? '')
}

function firstLine(text: string): string {
  return shorten(text.trim().split('\n')[0] ?? '', 300)
}
