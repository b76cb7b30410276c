import type { CaseResult, SuiteResult } from '../core/model.ts'

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
