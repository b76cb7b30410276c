import { defined } from '../core/defined.ts'
import { type CaseResult, isBad, type SuiteReport } from '../model/suite-result.ts'
import { broken, judgeAnswer, suiteReport, type ToolAnswer } from './judge.ts'

/** Exit codes without a verdict, and their meanings. */
const verdictless: Readonly<Record<number, string>> = {
  1: 'InSpec could not run the profile',
  2: 'a plugin of InSpec failed',
  3: 'InSpec stopped because the profile uses something deprecated',
  130: 'InSpec was interrupted',
  172: 'the licence of Chef InSpec is not accepted or set: set CHEF_LICENSE_KEY, or install Cinc Auditor',
  173: 'the licence of Chef InSpec is not valid: check CHEF_LICENSE_KEY, or install Cinc Auditor',
  174: 'the licence of Chef InSpec does not cover this use: check CHEF_LICENSE_KEY, or install Cinc Auditor',
}

interface Result {
  readonly status?: string
  readonly code_desc?: string
  readonly run_time?: number
  readonly message?: string
  readonly skip_message?: string
  readonly exception?: string
}

interface Waiver {
  readonly run?: unknown
  readonly skipped_due_to_waiver?: unknown
  readonly justification?: string
  readonly message?: string
}

interface Control {
  readonly id?: string
  readonly title?: string | null
  readonly results?: readonly Result[] | null
  readonly waiver_data?: Waiver
}

/** Whether InSpec could load a profile or a dependency. */
interface Loaded {
  readonly name?: string
  readonly status?: string
  readonly status_message?: string
  readonly skip_message?: string
}

interface Profile extends Loaded {
  readonly controls?: readonly Control[]
  readonly depends?: readonly Loaded[]
  /** The profile that includes this one. */
  readonly parent_profile?: string
}

/**
 * Parses the report of the `json` reporter. Exit code 0: all passed; 100: some failed; 101: none failed, some were skipped; 102: a profile
 * could not be loaded, and the report says why. The code must agree with the report. Any other code is a problem, and so is a profile
 * without controls (code 0).
 */
export function parseInspec(answer: ToolAnswer): SuiteReport {
  const { exitCode, said } = answer
  const why = verdictless[exitCode]
  if (why !== undefined) return broken(`${why} (exit code ${exitCode}): ${said}`)
  return judgeAnswer('InSpec', answer, (report) => {
    const { profiles } = JSON.parse(report) as { readonly profiles?: readonly Profile[] }
    if (!Array.isArray(profiles) || profiles.length === 0) throw new Error('it has no profiles')
    const controls = listControls(profiles)
    const cases = [...controls.flatMap(controlCases), ...(profiles as Profile[]).flatMap(dependencyCases)]
    return suiteReport(cases, findUnusable(profiles, cases, exitCode) ?? findContradiction(controls, exitCode))
  })
}

/**
 * The controls of all profiles. An overlay repeats the controls of the profiles that it includes, without results; their results are in
 * the entry of the included profile. So a control without results counts only if no other entry of it does.
 */
function listControls(profiles: readonly Profile[]): Control[] {
  const all = profiles.flatMap(({ controls = [] }) => controls)
  const withResults = all.filter(({ results }) => results?.length !== 0)
  const known = new Set(withResults.map(({ id }) => id))
  return all.filter((control) => {
    if (control.results?.length !== 0) return true
    if (known.has(control.id)) return false
    known.add(control.id)
    return true
  })
}

function controlCases({ id = '', title, results, waiver_data: waiver }: Control): CaseResult[] {
  const name = title ? `${id}: ${title}` : id
  if (!Array.isArray(results)) throw new Error(`the control ${id} has no results`)
  // A control has no results if all of its tests are disabled.
  if (results.length === 0) return [{ name, status: 'skipped', durationMs: 0, message: waiver?.justification ?? 'it has no tests' }]
  return (results as Result[]).map((result) => resultCase(name, result, waiver))
}

function resultCase(control: string, result: Result, waiver: Waiver | undefined): CaseResult {
  const status = statusOf(result)
  // The ID that InSpec makes up for a test outside of controls contains a hash of its path, which is not the same in every build.
  const parts = [control.startsWith('(generated from ') ? '' : control, result.code_desc?.trim() ?? '']
  return {
    name: parts.filter(Boolean).join(': ') || control,
    status,
    durationMs: Math.round((Number(result.run_time) || 0) * 1000),
    ...defined({ message: status === 'passed' ? undefined : explain(result, status, waiver) }),
  }
}

function explain(result: Result, status: CaseResult['status'], waiver: Waiver | undefined): string {
  const { justification = '', message = '' } = waiver ?? {}
  if (waiver?.skipped_due_to_waiver) return result.skip_message ?? `waived: ${justification || message}`
  const reason = (result.message ?? result.skip_message ?? result.exception ?? result.status ?? 'it has no status').trim()
  if (status === 'skipped' || waiver?.run === undefined) return reason
  return message ? `the waiver has expired: ${reason}` : `waived with \`run: true\`, and failed: ${reason}`
}

/** An exception of RSpec itself only collects several failures of one test. */
function statusOf({ status, exception = '' }: Result): CaseResult['status'] {
  if (status === 'passed' || status === 'skipped') return status
  return status === 'failed' && (!exception || exception === 'RSpec::Core::MultipleExceptionError') ? 'failed' : 'error'
}

/** Dependencies that were not loaded. InSpec ends with exit code 0 if the controls of the profile itself passed. */
function dependencyCases({ depends = [] }: Profile): CaseResult[] {
  return depends
    .filter(({ status }) => status === 'skipped' || status === 'failed')
    .map((one) => ({
      name: `dependency ${one.name ?? ''}`,
      status: one.status === 'skipped' ? 'skipped' : 'error',
      durationMs: 0,
      message: reasonOf(one),
    }))
}

/** Why the whole suite has no verdict. A profile that another one includes may be skipped: then it is a skipped dependency. */
function findUnusable(profiles: readonly Profile[], cases: readonly CaseResult[], exitCode: number): string | undefined {
  const failed = profiles.find(({ status }) => status === 'failed')
  if (failed) return `the profile ${failed.name ?? ''} could not be loaded: ${reasonOf(failed)}`
  const off = profiles.find(({ status, parent_profile: parent }) => status === 'skipped' && parent === undefined)
  if (off) return `the profile ${off.name ?? ''} does not support this machine: ${reasonOf(off)}`
  if (exitCode === 102) return 'InSpec says that a profile could not be loaded (exit code 102), but its report does not say which'
  return cases.length === 0 ? 'the profile has no control that ran' : undefined
}

function reasonOf({ status_message: status, skip_message: skip }: Loaded): string {
  return status?.trim() || skip?.trim() || 'no reason given'
}

/** Compares report and exit code. InSpec does not count controls without results. */
function findContradiction(controls: readonly Control[], exitCode: number): string | undefined {
  const statuses = controls.flatMap(({ results }) => results ?? []).map(statusOf)
  const bad = statuses.filter((status) => isBad({ status })).length
  const skipped = statuses.filter((status) => status === 'skipped').length
  const expected = bad > 0 ? 100 : skipped > 0 ? 101 : 0
  if (exitCode === expected) return undefined
  return `the report has ${bad} failed and ${skipped} skipped tests, but the exit code is ${exitCode}, expected ${expected}`
}
