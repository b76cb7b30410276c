import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { MissingError, UsageError } from '../../core/errors.ts'
import { run } from '../../core/exec.ts'
import { findCommand } from '../../setup/find-command.ts'
import { type Connection, shellQuote } from '../connect.ts'
import { buildFiles } from '../request.ts'
import { passwordVariable } from '../windows/password.ts'
import { parseInspec } from './inspec-report.ts'
import type { SuiteReport } from './judge.ts'
import { type SuiteContext, suiteFile, type Verifier } from './verifier.ts'

/** InSpec, or Cinc Auditor, which is the same without a licence key: on this machine, looking at the other one from outside. */
export const inspec: Verifier = { prepare: async () => void findInspec(), run: runInspec }

/** What a run is told. */
export interface InspecSpec {
  /** Folder of the profile. */
  readonly profile: string
  readonly transport: 'ssh' | 'winrm'
  /** Reports to write. */
  readonly json: string
  readonly junit: string
  readonly inputs?: string
  readonly waivers?: string
  /** Run commands with sudo: the user is not root. */
  readonly sudo: boolean
}

async function runInspec({ context, connection, suite, slug, timeoutMs }: SuiteContext): Promise<SuiteReport> {
  const { folder } = context.request.family
  const { inputs, waivers } = suite as { readonly inputs?: string; readonly waivers?: string }
  const [profile = '', inputFile, waiverFile] = [suiteFile(suite), inputs, waivers].map((file) => file && requireFile(folder, file))
  const { host } = connection
  const transport = host.transport === 'psrp' ? 'winrm' : 'ssh'
  const json = join(context.folder, buildFiles.junit, `${slug}.inspec.json`)
  const junit = join(context.folder, buildFiles.junit, `${slug}.inspec.xml`)
  const spec: InspecSpec = {
    ...{ profile, transport, json, junit },
    ...(inputFile ? { inputs: inputFile } : {}),
    ...(waiverFile ? { waivers: waiverFile } : {}),
    sudo: context.request.family.os === 'linux' && host.user !== 'root',
  }
  for (const report of [json, junit]) rmSync(report, { force: true })
  const redacted = context.redactor.stream()
  const lines: string[] = [`\n--- ${slug}\n`]
  try {
    const result = await run(findInspec(), inspecArguments(spec), {
      cwd: folder,
      // Whatever is secret goes over standard input: an argument could be read by everybody on this machine.
      input: JSON.stringify(inspecConfig(connection, context.secrets.variables[passwordVariable])),
      signal: context.signal,
      timeoutMs,
      onLine: (line) => lines.push(redacted.push(`${line}\n`)),
    })
    if (result.timedOut) return { cases: [], problem: 'it did not end in time' }
    const said = result.stderr.trim().split('\n').at(-1) || result.stdout.trim().split('\n').at(-1) || ''
    return parseInspec({ report: readReport(json), exitCode: result.exitCode, said: context.redactor.text(said) })
  } finally {
    context.log(`${lines.join('')}${redacted.end()}`)
    for (const report of [json, junit]) rmSync(report, { force: true })
  }
}

/** Arguments of `inspec`. The target is a name in the configuration that it reads from standard input. */
export function inspecArguments(spec: InspecSpec): string[] {
  return [
    ...['exec', spec.profile, '--target', `${spec.transport}://${credentialSet}`, '--config', '-'],
    ...(spec.sudo ? ['--sudo'] : []),
    ...(spec.inputs === undefined ? [] : ['--input-file', spec.inputs]),
    ...(spec.waivers === undefined ? [] : ['--waiver-file', spec.waivers]),
    // One exit code for each outcome, and nothing written into the family's folder.
    ...['--distinct-exit', '--no-create-lockfile', '--no-color'],
    ...['--reporter', 'cli', `json:${spec.json}`, `junit2:${spec.junit}`],
  ]
}

const credentialSet = 'bakehouse'

type Way = Pick<Connection, 'host' | 'options' | 'variables'>

/** How InSpec reaches the machine: never by a connection whose other end is not known. */
export function inspecConfig(connection: Way, password: string | undefined): object {
  const { host, variables } = connection
  if (host.transport === 'psrp') {
    const door = { host: '127.0.0.1', port: variables?.ansible_port, user: host.user, password }
    return config('winrm', { ...door, ssl: true, self_signed: false, ca_trust_file: variables?.ansible_psrp_ca_cert })
  }
  const login = { host: host.address, port: host.port, user: host.user, key_files: [host.identityFile] }
  return config('ssh', {
    ...login,
    non_interactive: true,
    proxy_command: innerCommand(connection),
  })
}

/**
 * InSpec checks no host key, so it is given no network: it speaks to a server inside the connection that is pinned. On Linux that
 * is an sshd of its own on standard input, as hardened images forward no ports; on Windows the port of the one that runs.
 */
function innerCommand({ host, options, variables }: Way): string {
  const windows = variables?.ansible_shell_type === 'powershell'
  const inner = windows ? ['-W', `127.0.0.1:22`, host.address] : [host.address, '--', host.user === 'root' ? sshd : `sudo -n ${sshd}`]
  return ['ssh', ...options, ...inner].map(shellQuote).join(' ')
}

const sshd = '/usr/sbin/sshd -i'

function config(transport: 'ssh' | 'winrm', credentials: object): object {
  return { version: '1.2', credentials: { [transport]: { [credentialSet]: credentials } } }
}

/** The program: `cinc-auditor` or `inspec` of the PATH. Throws MissingError with what to install. */
function findInspec(): string {
  const found = findCommand('cinc-auditor') ?? findCommand('inspec')
  if (found) return found
  throw new MissingError('a suite is for InSpec, but neither inspec nor cinc-auditor is on the PATH', {
    hint: 'install Cinc Auditor (free, https://cinc.sh/start/auditor/) or Chef InSpec (with a licence key)',
  })
}

function requireFile(folder: string, file: string): string {
  const path = resolve(folder, file)
  if (!existsSync(path)) throw new UsageError(`the suite's ${file} is not there`, { hint: path })
  return path
}

function readReport(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}
