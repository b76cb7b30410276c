/** The status of a test case, the same for all verifiers. */
export interface CaseResult {
  /** Stable: the same test has the same name in each build. */
  readonly name: string
  /** What the test case does, as a sentence. Only for cases whose name is an identifier. */
  readonly title?: string
  readonly status: 'passed' | 'failed' | 'error' | 'skipped'
  readonly durationMs: number
  readonly message?: string
}

/** The result of a suite on one machine. */
export interface SuiteResult {
  readonly suite: string
  /** The same in every build: verifier and file. The name of the suite, if it has no file. */
  readonly id?: string
  readonly verifier: string
  readonly cases: readonly CaseResult[]
  readonly durationMs: number
  /** JUnit XML, relative to the build folder. */
  readonly junit: string
  /** Why the suite failed apart from its cases: no test ran, malformed report, exit code. */
  readonly problem?: string
}

/** Numbers of cases by status; an error counts as failed. */
export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** Counts cases. */
export function countCases(suites: readonly SuiteResult[]): Counts {
  const cases = suites.flatMap((suite) => suite.cases)
  const count = (...status: CaseResult['status'][]): number => cases.filter((each) => status.includes(each.status)).length
  return { passed: count('passed'), failed: count('failed', 'error'), skipped: count('skipped') }
}

/** Whether a suite has no problem and no failed test case. */
export function suitePassed(suite: SuiteResult): boolean {
  return suite.problem === undefined && !suite.cases.some(isBad)
}

/** Counts as text: `58 passed`, `2 failed, 56 passed, 1 skipped`. */
export function renderCounts({ passed, failed, skipped }: Counts): string {
  const parts = [failed > 0 ? `${failed} failed` : '', `${passed} passed`, skipped > 0 ? `${skipped} skipped` : '']
  return parts.filter(Boolean).join(', ')
}

/** The `problem` of a weak suite. */
export const provesNothing = 'it also passes on the unconfigured base image, so it tests nothing'

/** Suffix of suite names while they run on the base. */
export const onBase = ' (base)'

/** The names of weak suites, as in the family. */
export function weakSuites(suites: readonly SuiteResult[]): string[] {
  return suites.filter(({ problem }) => problem === provesNothing).map(({ suite }) => suite.replace(onBase, ''))
}

/** The result of a verifier: cases, and a problem of the whole suite. */
export interface SuiteReport {
  readonly cases: readonly CaseResult[]
  readonly problem?: string
}

/** Whether a test case with this status rejects the image. */
export function isBad({ status }: Pick<CaseResult, 'status'>): boolean {
  return status === 'failed' || status === 'error'
}
