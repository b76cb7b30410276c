import { stripVTControlCharacters } from 'node:util'
import { defined } from '../core/defined.ts'
import type { CaseResult, SuiteReport } from '../model/suite-result.ts'
import { broken, disagreement, suiteReport } from './judge.ts'

/** The output of a run of Pester. */
export interface PesterAnswer {
  /** What `pester.ps1` wrote, as JSON; undefined if it wrote nothing. */
  readonly results: string | undefined
  readonly exitCode: number
  /** The first line of its errors. */
  readonly said: string
}

interface PesterRun {
  readonly result: string
  /** Why Pester did not run to its end. */
  readonly problem?: string
  readonly total: number
  readonly notRun: number
  readonly cases: readonly PesterCase[]
  /** Blocks whose preparation or tidying failed. */
  readonly blocks: readonly { readonly block: string; readonly part: string; readonly message: string }[]
  /** Files that could not be read. */
  readonly files: readonly { readonly file: string; readonly line: number; readonly message: string }[]
}

interface PesterCase {
  readonly path: readonly string[]
  readonly result: string
  readonly ms: number
  readonly message: string
  readonly file: string
  readonly line: number
}

/** The result of a Pester suite. Anything missing, incomplete or contradictory is a problem. An inconclusive test is an error. */
export function parsePester({ results, exitCode, said }: PesterAnswer): SuiteReport {
  if (results === undefined || results.trim() === '') {
    return broken(`Pester wrote no results (exit code ${exitCode}): ${said || 'a test may have ended PowerShell'}`)
  }
  const run = parseRun(results)
  if (run === undefined) return broken(`the results of Pester are incomplete (exit code ${exitCode})`)
  if (run.problem !== undefined) return broken(`Pester did not run to its end: ${plain(run.problem)}`)
  const cases = run.cases.map(toCase)
  return suiteReport(cases, findProblem(run, cases, exitCode))
}

const statusOf: Readonly<Record<string, CaseResult['status']>> = { Passed: 'passed', Failed: 'failed', Skipped: 'skipped' }

function toCase({ path, result, ms, message, file, line }: PesterCase): CaseResult {
  const status = statusOf[result] ?? 'error'
  const why = plain(message).trim() || noReason[status]
  const where = (status === 'failed' || status === 'error') && file !== '' ? `${file}:${line}: ` : ''
  return { name: path.map(plain).join(' › '), status, durationMs: ms, ...defined({ message: why ? `${where}${why}` : undefined }) }
}

/** For a status without a message. Pester 5 gives none for a test that calls `exit`. */
const noReason: Readonly<Record<CaseResult['status'], string>> = {
  passed: '',
  skipped: '',
  failed: 'Pester gives no reason; this test or one before it may have called exit',
  error: 'the test is inconclusive',
}

function findProblem(
  { total, notRun, result, files, blocks }: PesterRun,
  cases: readonly CaseResult[],
  exitCode: number,
): string | undefined {
  const problems = [
    ...files.map(({ file, line, message }) => `${file}${line > 0 ? `:${line}` : ''}: ${firstLine(message)}`),
    ...blocks.map(({ block, part, message }) => `${plain(block)}: ${part} failed: ${firstLine(message)}`),
  ]
  if (problems.length > 0) return problems.join('; ')
  if (total - notRun !== cases.length) return `Pester ran ${total - notRun} tests, but its results have ${cases.length}`
  if (exitCode === 0 && result !== 'Passed') return `the result of Pester is ${result}, but the exit code is 0`
  // Pester calls a run with an inconclusive test passed.
  return disagreement(
    exitCode,
    cases.filter(({ status }) => status !== 'error'),
  )
}

function firstLine(text: string): string {
  return plain(text).trim().split(/\r?\n/)[0] ?? ''
}

/** A text without colour codes. Pester 6 shows the escape character as a symbol. */
function plain(text: string): string {
  return stripVTControlCharacters(text.replaceAll('␛', '\u001b'))
}

function parseRun(text: string): PesterRun | undefined {
  try {
    const run = JSON.parse(text) as PesterRun
    const isComplete = run.problem !== undefined || [run.cases, run.blocks, run.files].every(Array.isArray)
    return isComplete ? run : undefined
  } catch {
    return undefined
  }
}
