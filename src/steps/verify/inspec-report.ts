import { messageOf } from '../../core/errors.ts'
import type { CaseResult } from '../../core/model.ts'
import type { SuiteReport } from './judge.ts'

/** What a run of InSpec left. */
export interface InspecAnswer {
  /** JSON of the `json` reporter; undefined when there is none. */
  readonly report: string | undefined
  readonly exitCode: number
  /** The last line it said, for a run without report. */
  readonly said: string
}

interface Result {
  readonly status?: string
  readonly code_desc?: string
  readonly run_time?: number
  readonly message?: string
  readonly skip_message?: string
  readonly exception?: string
}

interface Control {
  readonly id?: string
  readonly title?: string | null
  readonly results?: readonly Result[] | null
  readonly waiver_data?: { readonly skipped_due_to_waiver?: unknown; readonly justification?: string; readonly message?: string }
}

interface Profile {
  readonly name?: string
  readonly status?: string
  readonly status_message?: string
  readonly skip_message?: string
  readonly controls?: readonly Control[]
}

/** Exit codes that mean that no verdict was reached. */
const broken: Readonly<Record<number, string>> = {
  1: 'InSpec did not understand how it was called, or could not reach the machine',
  2: 'a plugin of InSpec failed',
  3: 'InSpec stopped at something deprecated',
  102: 'the profile could not be loaded',
  130: 'InSpec was interrupted',
  172: 'the licence of Chef InSpec is not accepted or set: give it CHEF_LICENSE_KEY, or install Cinc Auditor',
  173: 'the licence of Chef InSpec is not valid here: check CHEF_LICENSE_KEY, or install Cinc Auditor',
  174: 'the licence of Chef InSpec does not cover this use: check CHEF_LICENSE_KEY, or install Cinc Auditor',
}

/**
 * A suite of InSpec. 0 is all passed, 100 some failed, 101 none failed and some were skipped; each must agree with the report.
 * Every other code is a problem, as are a missing or cut-off report and a profile without any control, for which the code is 0.
 */
export function parseInspec({ report, exitCode, said }: InspecAnswer): SuiteReport {
  const why = broken[exitCode]
  if (why !== undefined) return { cases: [], problem: `${why} (exit code ${exitCode})${said ? `: ${said}` : ''}` }
  if (report === undefined || report.trim() === '') {
    return { cases: [], problem: `InSpec gave no report (exit code ${exitCode})${said ? `: ${said}` : ''}` }
  }
  try {
    const profiles = parseProfiles(report)
    const cases = profiles.flatMap(({ controls }) => (controls ?? []).flatMap(controlCases))
    const problem = findProblem(profiles, cases, exitCode)
    return problem === undefined ? { cases } : { cases, problem }
  } catch (error) {
    return { cases: [], problem: `InSpec's report cannot be read: ${messageOf(error)}` }
  }
}

function parseProfiles(report: string): readonly Profile[] {
  const { profiles } = JSON.parse(report) as { readonly profiles?: unknown }
  if (!Array.isArray(profiles) || profiles.length === 0) throw new Error('it has no profiles')
  return profiles as Profile[]
}

function controlCases({ id = '', title, results, waiver_data: waiver }: Control): CaseResult[] {
  const name = title ? `${id}: ${title}` : id
  if (!Array.isArray(results)) throw new Error(`the control ${id} has no results`)
  // A control whose every test is switched off tells of no result at all.
  if (results.length === 0) return [{ name, status: 'skipped', durationMs: 0, message: waiver?.justification ?? 'it has no tests' }]
  return (results as Result[]).map((result) => resultCase(name, result, waiver))
}

function resultCase(name: string, result: Result, waiver: Control['waiver_data']): CaseResult {
  const status = statusOf(result)
  const waived = waiver?.skipped_due_to_waiver ? `waived: ${waiver.justification ?? waiver.message ?? ''}` : undefined
  const message = result.message ?? result.skip_message ?? waived ?? result.exception
  return {
    name: result.code_desc ? `${name}: ${result.code_desc}` : name,
    status,
    durationMs: Math.round((Number(result.run_time) || 0) * 1000),
    ...(status === 'passed' ? {} : { message: message ?? result.status ?? 'it has no status' }),
  }
}

function statusOf({ status, exception }: Result): CaseResult['status'] {
  if (status === 'passed' || status === 'skipped') return status
  return status === 'failed' && !exception ? 'failed' : 'error'
}

function findProblem(profiles: readonly Profile[], cases: readonly CaseResult[], exitCode: number): string | undefined {
  const failed = profiles.find(({ status }) => status === 'failed')
  if (failed) return `the profile ${failed.name ?? ''} was not loaded: ${failed.status_message ?? 'no reason given'}`
  const off = profiles.find(({ status }) => status === 'skipped')
  if (off) return `the profile ${off.name ?? ''} is not for this machine: ${off.status_message ?? off.skip_message ?? 'no reason given'}`
  if (cases.length === 0) return `the profile has no control that ran (exit code ${exitCode})`
  const bad = cases.filter(({ status }) => status === 'failed' || status === 'error').length
  const skipped = cases.filter(({ status }) => status === 'skipped').length
  const expected = bad > 0 ? 100 : skipped > 0 ? 101 : 0
  if (exitCode === expected) return undefined
  return `the report has ${bad} failed and ${skipped} skipped tests, but the exit code is ${exitCode}, expected ${expected}`
}
