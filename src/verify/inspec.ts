import { join } from 'node:path'
import { defined } from '../core/defined.ts'
import { MissingError } from '../core/errors.ts'
import { failureOf, run } from '../core/exec.ts'
import { findCommand } from '../core/find-command.ts'
import { passwordVariable } from '../guest/context.ts'
import { systemOf } from '../guest/systems.ts'
import { buildFiles } from '../model/build-folder.ts'
import type { SuiteReport } from '../model/suite-result.ts'
import { parseInspec } from './inspec-report.ts'
import { inspecConfig, targetName } from './inspec-target.ts'
import { outOfTime } from './judge.ts'
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
    ...defined({ inputs: inputs && requireSuiteFile(given, inputs), waivers: waivers && requireSuiteFile(given, waivers) }),
    sudo: systemOf(family.os).usesSudo && connection.host.user !== 'root',
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
  return parseInspec({ report: json.read(), exitCode: result.exitCode, said: failureOf(result) })
}

/** Input of a run. */
export interface InspecSpec {
  /** Folder or archive of the profile. */
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

/** `cinc-auditor` or `inspec` on the PATH. Throws MissingError with a hint how to install it. */
function findInspec(): string {
  const found = findCommand('cinc-auditor') ?? findCommand('inspec')
  if (found) return found
  throw new MissingError('neither inspec nor cinc-auditor is on the PATH, but the family has an InSpec suite', {
    hint: 'install Cinc Auditor (free, https://cinc.sh/start/auditor/) or Chef InSpec (with a licence key)',
  })
}
