import { messageOf } from '../../core/errors.ts'
import type { CaseResult } from '../../core/model.ts'
import { disagreement, type SuiteReport } from './judge.ts'
import { parseJunit } from './junit.ts'

/** What a run of Pester left. */
export interface PesterAnswer {
  /** XML: JUnit, NUnit 2.5 or NUnit 3; undefined when there is none. */
  readonly report: string | undefined
  /** JSON of what `Invoke-Pester -PassThru` gave; undefined when there is none. */
  readonly summary: string | undefined
  readonly exitCode: number
  /** The first line that went wrong, for a run without report. */
  readonly said: string
}

interface Summary {
  readonly result: string
  readonly total: number
  readonly passed: number
  readonly failed: number
  readonly notRun: number
  readonly failedBlocks: number
  readonly failedContainers: number
  readonly errors: readonly string[]
}

/**
 * A suite of Pester. The exit code is never believed on its own: code, summary and report must say the same, and whatever is
 * missing, cut off or contradictory is a problem. An inconclusive test is an error: it did not pass.
 */
export function parsePester(answer: PesterAnswer): SuiteReport {
  const summary = parseSummary(answer.summary)
  if (answer.report === undefined || answer.report.trim() === '') {
    const why = summary?.errors[0] ?? answer.said
    return { cases: [], problem: `Pester gave no report (exit code ${answer.exitCode})${why ? `: ${why}` : ''}` }
  }
  let cases: readonly CaseResult[]
  try {
    cases = parseJunit(answer.report)
  } catch (error) {
    return { cases: [], problem: `Pester's report cannot be read: ${messageOf(error)}` }
  }
  const problem = findContradiction(answer, summary, cases)
  return problem === undefined ? { cases } : { cases, problem }
}

function findContradiction({ exitCode }: PesterAnswer, summary: Summary | undefined, cases: readonly CaseResult[]): string | undefined {
  if (!summary) return `Pester left no summary of its run (exit code ${exitCode})`
  const broken = summary.failedContainers + summary.failedBlocks
  if (broken > 0) return `${broken} blocks or files of tests did not run: ${summary.errors[0] ?? 'no reason given'}`
  const count = (status: CaseResult['status']): number => cases.filter((one) => one.status === status).length
  for (const [word, told, seen] of [
    ['tests', summary.total - summary.notRun, cases.length],
    ['passed tests', summary.passed, count('passed')],
    ['failed tests', summary.failed, count('failed')],
  ] as const) {
    if (told !== seen) return `Pester says that there were ${told} ${word}, but its report has ${seen}`
  }
  // An inconclusive test fails the suite by itself; Pester's own verdict does not count it.
  const own = cases.filter(({ status }) => status !== 'error')
  if (exitCode === 0 && summary.result !== 'Passed') return `Pester says ${summary.result}, but the exit code is 0`
  return disagreement(exitCode, own)
}

function parseSummary(text: string | undefined): Summary | undefined {
  try {
    const { errors = [], ...rest } = JSON.parse(text ?? '') as Partial<Summary>
    const zero = { result: '', total: 0, passed: 0, failed: 0, notRun: 0, failedBlocks: 0, failedContainers: 0 }
    return { ...zero, ...rest, errors: Array.isArray(errors) ? errors : [String(errors)] }
  } catch {
    return undefined
  }
}
