/** The result model of verification, whichever verifier gave it. */
export interface CaseResult {
  /** Stable: the same test has the same name in each build. */
  readonly name: string
  /** What the case does, as a sentence; only where the name does not say it. */
  readonly title?: string
  readonly status: 'passed' | 'failed' | 'error' | 'skipped'
  readonly durationMs: number
  readonly message?: string
}

export interface SuiteResult {
  readonly suite: string
  /** What it is known by from build to build; its name, where there is none. */
  readonly id?: string
  readonly verifier: string
  readonly cases: readonly CaseResult[]
  readonly durationMs: number
  /** JUnit XML, relative to the build folder. */
  readonly junit: string
  /** Why the suite as a whole failed, where that is not a case: nothing ran, malformed report, exit code. */
  readonly problem?: string
}

/** Cases of one suite or of all, by what became of them; an error counts as failed. */
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

/** Whether a suite lets an image through. */
export function suitePassed(suite: SuiteResult): boolean {
  return suite.problem === undefined && suite.cases.every(({ status }) => status === 'passed' || status === 'skipped')
}

/** Counts in words: `58 passed`, `2 failed, 56 passed, 1 skipped`. */
export function renderCounts({ passed, failed, skipped }: Counts): string {
  const parts = [failed > 0 ? `${failed} failed` : '', `${passed} passed`, skipped > 0 ? `${skipped} skipped` : '']
  return parts.filter(Boolean).join(', ')
}

/** What a suite that passes on the unconfigured base has as its `problem`. */
export const provesNothing = 'it passes on the unconfigured base too: it proves nothing'

/** What the name of a suite ends with while it runs on the base. */
export const onBase = ' (base)'

/** The names of the suites that pass on the unconfigured base too, as the family has them. */
export function weakSuites(suites: readonly SuiteResult[]): string[] {
  return suites.filter(({ problem }) => problem === provesNothing).map(({ suite }) => suite.replace(onBase, ''))
}

/** What a verifier found: its cases, and what was wrong with the suite as a whole. */
export interface SuiteReport {
  readonly cases: readonly CaseResult[]
  readonly problem?: string
}

/** Whether a case speaks against its image. */
export function isBad({ status }: Pick<CaseResult, 'status'>): boolean {
  return status === 'failed' || status === 'error'
}

export function passes(suite: SuiteResult): boolean {
  return suite.problem === undefined && !suite.cases.some(isBad)
}
