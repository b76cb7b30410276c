import { join } from 'node:path'
import { MissingError } from '../core/errors.ts'
import { lastLine, run } from '../core/exec.ts'
import { findCommand } from '../core/find-command.ts'
import { passwordVariable } from '../guest/context.ts'
import { buildFiles } from '../model/build-folder.ts'
import { type CaseResult, isBad, type SuiteReport } from '../model/suite-result.ts'
import { inspecConfig, targetName } from './inspec-target.ts'
import { broken, judgeAnswer, outOfTime, suiteReport, type ToolAnswer } from './judge.ts'
import { reportFile, requireSuiteFile } from './suite-file.ts'
import type { SuiteContext, Verifier } from './verifier.ts'

/** InSpec, or Cinc Auditor, which is the same without a licence key. It runs on this computer and connects to the machine. */
export const inspec: Verifier = {
  name: 'inspec',
  systems: ['linux', 'windows'],
  files: { inspec: 'any', inputs: 'file', waivers: 'file' },
  keys: ({ file }) => ({
    inputs: file.optional().describe('YAML file with inputs of the profile, relative to the family folder.'),
    waivers: file.optional().describe('YAML file with controls to waive, relative to the family folder.'),
  }),
  check: () => void findInspec(),
  run: runInspec,
}

async function runInspec(given: SuiteContext): Promise<SuiteReport> {
  await given.clear
  const { context, connection, suite, slug, timeoutMs } = given
  const { family } = context.request
  const { inputs, waivers } = suite.options as { readonly inputs?: string; readonly waivers?: string }
  using json = reportFile(join(context.folder, buildFiles.junit, `${slug}.inspec.json`))
  using junit = reportFile(join(context.folder, buildFiles.junit, `${slug}.inspec.xml`))
  const args = inspecArguments({
    profile: requireSuiteFile(given, suite.file),
    transport: connection.host.transport === 'psrp' ? 'winrm' : 'ssh',
    ...{ json: json.path, junit: junit.path },
    ...(inputs === undefined ? {} : { inputs: requireSuiteFile(given, inputs) }),
    ...(waivers === undefined ? {} : { waivers: requireSuiteFile(given, waivers) }),
    sudo: family.os === 'linux' && connection.host.user !== 'root',
  })
  const redacted = context.redactor.stream()
  const lines: string[] = [`\n--- ${slug}\n`]
  const result = await run(findInspec(), args, {
    cwd: family.folder,
    // Secrets go over standard input: other users of this computer can read arguments.
    input: JSON.stringify(inspecConfig(connection, context.secrets.variables[passwordVariable])),
    signal: context.signal,
    timeoutMs,
    onLine: (line) => lines.push(redacted.push(`${line}\n`)),
  })
  context.log(`${lines.join('')}${redacted.end()}`)
  if (result.timedOut) return outOfTime
  return parseInspec({ report: json.read(), exitCode: result.exitCode, said: lastLine(result) })
}

/** Input of a run. */
export interface InspecSpec {
  /** Folder of the profile. */
  readonly profile: string
  readonly transport: 'ssh' | 'winrm'
  /** Paths of the reports. */
  readonly json: string
  readonly junit: string
  readonly inputs?: string
  readonly waivers?: string
  /** Run commands with sudo, because the user is not root. */
  readonly sudo: boolean
}

/** Arguments of `inspec`. The target is a name in the configuration on standard input. */
export function inspecArguments(spec: InspecSpec): string[] {
  return [
    ...['exec', spec.profile, '--target', `${spec.transport}://${targetName}`, '--config', '-'],
    ...(spec.sudo ? ['--sudo'] : []),
    ...(spec.inputs === undefined ? [] : ['--input-file', spec.inputs]),
    ...(spec.waivers === undefined ? [] : ['--waiver-file', spec.waivers]),
    // A different exit code for each result; no files in the folder of the family.
    ...['--distinct-exit', '--no-create-lockfile', '--no-color'],
    ...['--reporter', 'cli', `json:${spec.json}`, `junit2:${spec.junit}`],
  ]
}

/** Exit codes without a verdict. */
const verdictless: Readonly<Record<number, string>> = {
  1: 'InSpec did not understand how it was called, or could not reach the machine',
  2: 'a plugin of InSpec failed',
  3: 'InSpec stopped at something deprecated',
  102: 'the profile could not be loaded',
  130: 'InSpec was interrupted',
  172: 'the licence of Chef InSpec is not accepted or set: give it CHEF_LICENSE_KEY, or install Cinc Auditor',
  173: 'the licence of Chef InSpec is not valid here: check CHEF_LICENSE_KEY, or install Cinc Auditor',
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

/**
 * Parses the report of the `json` reporter. Exit code 0: all passed; 100: some failed; 101: none failed, some were skipped. The code
 * must agree with the report. Any other code is a problem, and so is a profile without controls (code 0).
 */
export function parseInspec(answer: ToolAnswer): SuiteReport {
  const { exitCode, said } = answer
  const why = verdictless[exitCode]
  if (why !== undefined) return broken(`${why} (exit code ${exitCode}): ${said}`)
  return judgeAnswer('InSpec', answer, (report) => {
    const { profiles } = JSON.parse(report) as { readonly profiles?: readonly Profile[] }
    if (!Array.isArray(profiles) || profiles.length === 0) throw new Error('it has no profiles')
    const controls = (profiles as readonly Profile[]).flatMap((profile) => profile.controls ?? [])
    const cases = controls.flatMap(controlCases)
    return suiteReport(cases, findUnusable(profiles, cases) ?? findContradiction(controls, exitCode))
  })
}

function controlCases({ id = '', title, results, waiver_data: waiver }: Control): CaseResult[] {
  const name = title ? `${id}: ${title}` : id
  if (!Array.isArray(results)) throw new Error(`the control ${id} has no results`)
  // A control has no results if all of its tests are disabled.
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

function findUnusable(profiles: readonly Profile[], cases: readonly CaseResult[]): string | undefined {
  const failed = profiles.find(({ status }) => status === 'failed')
  if (failed) return `the profile ${failed.name ?? ''} cannot be loaded: ${failed.status_message ?? 'no reason given'}`
  const off = profiles.find(({ status }) => status === 'skipped')
  if (off)
    return `the profile ${off.name ?? ''} does not support this machine: ${off.status_message ?? off.skip_message ?? 'no reason given'}`
  return cases.length === 0 ? 'the profile has no control that ran' : undefined
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

/** `cinc-auditor` or `inspec` on the PATH. Throws MissingError with a hint how to install it. */
export function findInspec(): string {
  const found = findCommand('cinc-auditor') ?? findCommand('inspec')
  if (found) return found
  throw new MissingError('neither inspec nor cinc-auditor is on the PATH, but the family has an InSpec suite', {
    hint: 'install Cinc Auditor (free, https://cinc.sh/start/auditor/) or Chef InSpec (with a licence key)',
  })
}
