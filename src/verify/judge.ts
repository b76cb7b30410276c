import { messageOf } from '../core/errors.ts'
import { quoteMessage, quoteName } from '../core/quote-message.ts'
import { type CaseResult, isBad, type SuiteReport, type SuiteResult } from '../model/suite-result.ts'

/** The output of a tool. */
export interface ToolAnswer {
  /** Text of its report; undefined if there is none. */
  readonly report: string | undefined
  readonly exitCode: number
  /** The most useful line of its output, for a run without a report. */
  readonly said: string
}

/** The result of a suite from the output of its tool. A missing report is a problem, and so is one that `parse` rejects. */
export function judgeAnswer(tool: string, { report, exitCode, said }: ToolAnswer, parse: (report: string) => SuiteReport): SuiteReport {
  if (report === undefined || report.trim() === '') return broken(`${tool} wrote no report (exit code ${exitCode})${said && `: ${said}`}`)
  try {
    return parse(report)
  } catch (error) {
    return broken(`cannot read the report of ${tool}: ${messageOf(error)}`)
  }
}

/** The result of a suite that has no verdict. */
export function broken(problem: string): SuiteReport {
  return { cases: [], problem }
}

/** A suite that was stopped at its deadline. */
export const outOfTime: SuiteReport = broken('timed out')

/** The result of a suite: its cases, and a problem if there is one. */
export function suiteReport(cases: readonly CaseResult[], problem: string | undefined): SuiteReport {
  return problem === undefined ? { cases } : { cases, problem }
}

/** Why a suite fails without a failed case: no test ran, or fewer than expected. */
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

/** The minimum number of cases of a suite: `minimumCases`, or the number for the latest good image. */
export function expectedCases(minimum: number | undefined, previous: number | undefined): { cases: number; why: string } | undefined {
  if (minimum !== undefined) return { cases: minimum, why: 'minimumCases' }
  return previous === undefined ? undefined : { cases: previous, why: 'as many as the latest good version had' }
}

/** The problem if exit code and report of a verifier disagree; undefined if they agree. */
export function disagreement(exitCode: number, cases: readonly CaseResult[]): string | undefined {
  const bad = cases.filter(isBad).length
  if (exitCode === 0 && bad > 0) return `the report has ${bad} failed tests, but the exit code is 0`
  if (exitCode !== 0 && bad === 0) return `the report has no failed test, but the exit code is ${exitCode}`
  return undefined
}

/**
 * The first reason, and the number of further ones: `goss: nginx: expected true, got false (and 2 more)`. A problem of a suite comes before
 * its cases: if a suite could not be prepared, its cases do not say why.
 */
export function firstReason(suites: readonly SuiteResult[]): string {
  const reasons = suites.flatMap(({ suite, problem, cases }) => [
    ...(problem === undefined ? [] : [`${suite}: ${quoteMessage(problem)}`]),
    ...cases.filter(isBad).map(({ name, message }) => `${suite}: ${quoteName(name)}${message ? `: ${quoteMessage(message)}` : ''}`),
  ])
  return reasons.length > 1 ? `${reasons[0]} (and ${reasons.length - 1} more)` : (reasons[0] ?? '')
}
