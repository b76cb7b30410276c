import { readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { defined } from '../core/defined.ts'
import { reasonOf, runPowerShell } from '../guest/powershell/powershell.ts'
import { renderScript } from '../guest/powershell/script.ts'
import type { CaseResult, SuiteReport } from '../model/suite-result.ts'
import { broken, disagreement, judgeAnswer, suiteReport, type ToolAnswer } from './judge.ts'
import { parseJunit } from './junit.ts'
import { findSuiteFile, requireSuiteFile } from './suite-file.ts'
import type { SuiteContext, Verifier } from './verifier.ts'

/** Pester 5. It runs on the machine; its report and its summary are copied back. */
export const pester: Verifier = { name: 'pester', systems: ['windows'], files: { pester: 'any' }, run: runPester }

async function runPester(given: SuiteContext): Promise<SuiteReport> {
  await given.clear
  const path = requireSuiteFile(given, given.suite.file)
  const [name, isFolder] = [basename(path), statSync(path).isDirectory()]
  const own = findSuiteFile(given, modules)
  const outcome = await runPowerShell(given, {
    script: renderPesterScript(isFolder ? '.' : name),
    ...(isFolder ? { folder: path } : { files: { [name]: readFileSync(path, 'utf8') } }),
    ...defined({ modules: own }),
    results: [reportFile, summaryFile],
    timeoutMs: given.timeoutMs,
  })
  given.context.log(`\n--- ${given.slug} (exit code ${outcome.exitCode})\n${outcome.stdout}${outcome.stderr}`)
  if (outcome.problem !== undefined) return broken(outcome.problem)
  return parsePester({
    report: outcome.results[reportFile],
    summary: outcome.results[summaryFile],
    exitCode: outcome.exitCode,
    said: reasonOf(outcome),
  })
}

const [reportFile, summaryFile] = ['pester-report.xml', 'pester-summary.json'] as const

/** Folder of a family for a copy of the module, for machines that cannot download it. */
const modules = 'verify/modules'

/** The script that runs Pester on tests in its folder: a file, or `.` for all. */
export function renderPesterScript(tests: string): string {
  const known = { Tests: tests, Report: reportFile, Summary: summaryFile, Modules: modules }
  return renderScript(join(import.meta.dirname, 'pester.ps1'), known)
}

/** The output of Pester: a report in JUnit, NUnit 2.5 or NUnit 3 format, and a summary. */
export interface PesterAnswer extends ToolAnswer {
  /** The result of `Invoke-Pester -PassThru` as JSON; undefined if there is none. */
  readonly summary: string | undefined
}

interface Summary {
  readonly result: string
  readonly total: number
  readonly passed: number
  readonly failed: number
  readonly notRun: number
  readonly failedBlocks: number
  readonly failedContainers: number
  /** Not counted by Pester before 5.6. */
  readonly inconclusive?: number
  readonly errors: readonly string[]
}

/**
 * The result of a Pester suite. Exit code, summary and report must agree. Anything missing, incomplete or contradictory is a problem. An
 * inconclusive test is an error.
 */
export function parsePester(answer: PesterAnswer): SuiteReport {
  const told = parseSummary(answer.summary)
  return judgeAnswer('Pester', { ...answer, said: told?.errors[0] ?? answer.said }, (text) => {
    const cases = parseJunit(text)
    return suiteReport(cases, findContradiction(answer.exitCode, told, cases))
  })
}

function findContradiction(exitCode: number, told: Summary | undefined, cases: readonly CaseResult[]): string | undefined {
  if (!told) return `Pester wrote no summary (exit code ${exitCode})`
  const unrun = told.failedContainers + told.failedBlocks
  if (unrun > 0) return `${unrun} blocks or files of tests did not run: ${told.errors[0] ?? 'no reason given'}`
  const count = (status: CaseResult['status']): number => cases.filter((one) => one.status === status).length
  for (const [word, said, seen] of [
    ['tests', told.total - told.notRun, cases.length],
    ['passed tests', told.passed, count('passed')],
    ['failed tests', told.failed, count('failed')],
    ['inconclusive tests', told.inconclusive ?? count('error'), count('error')],
  ] as const) {
    if (said !== seen) return `the summary of Pester has ${said} ${word}, but its report has ${seen}`
  }
  if (exitCode === 0 && told.result !== 'Passed') return `the result of Pester is ${told.result}, but the exit code is 0`
  // An inconclusive test makes the suite fail; the result of Pester ignores it.
  return disagreement(
    exitCode,
    cases.filter(({ status }) => status !== 'error'),
  )
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
