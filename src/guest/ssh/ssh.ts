import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { defined } from '../../core/defined.ts'
import { failureOf, type RunResult, run } from '../../core/exec.ts'
import { quoteShell } from '../../core/quote.ts'
import type { Host } from '../../model/host.ts'
import { controlFolder } from './control-folder.ts'
import { sshArguments } from './options.ts'

/** A shared connection to a machine. The first command opens it; it stays open after the step, so that the next step can use it. */
export interface Connection {
  readonly host: Host
  /** Socket of the shared connection. */
  readonly controlPath: string
  /** Arguments of `ssh`, up to the address. */
  readonly options: readonly string[]
  /** Connection variables for the Ansible inventory. Only for Windows machines; for others, Ansible uses `options`. */
  readonly variables?: Readonly<Record<string, string | number | boolean>>
}

/** Options of a command in a machine. */
export interface GuestOptions {
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
  /** Set in the machine's shell before the script runs. */
  readonly variables?: Readonly<Record<string, string>>
  /** The command that reads the script; `sh -s` by default. */
  readonly shell?: string
  /** Called for each line of its output, immediately. */
  readonly onLine?: (line: string) => void
}

/** Maximum number of characters of an answer. A machine could write without end; no check, report or log needs more. */
const longestAnswer = 16 * 1024 * 1024

/** The connection of a build to a host. Nothing is opened yet. */
export function connect(host: Host, buildFolder: string): Connection {
  if (host.controlPath !== undefined) return connectThrough(host.controlPath, host)
  const name = createHash('sha256').update(`${host.instanceId} ${host.address} ${host.port} ${host.user}`).digest('hex').slice(0, 8)
  return connectThrough(join(controlFolder(buildFolder), name), host)
}

/** The connection to a host that is shared by this socket. Nothing is opened yet. */
export function connectThrough(controlPath: string, host: Host): Connection {
  return { host, controlPath, options: sshArguments(host, { controlPath }) }
}

/** Runs a shell script in the machine, as root. The script goes over standard input: nothing of it is on a command line. */
export async function runInGuest({ host, options }: Connection, script: string, settings: GuestOptions = {}): Promise<RunResult> {
  const assignments = Object.entries(settings.variables ?? {}).map(([name, value]) => `${name}=${quoteShell(value)}\n`)
  const { signal, timeoutMs, onLine } = settings
  return run('ssh', [...options, host.address, '--', asRoot(host, settings.shell ?? 'sh -s')], {
    // With the braces, the shell reads the whole script before it runs it. Otherwise a command could read the rest of the script.
    input: `${assignments.join('')}{\n${script}\n} </dev/null\nexit $?\n`,
    longestOutput: longestAnswer,
    ...defined({ signal, timeoutMs, onLine }),
  })
}

/** Runs a shell script in the machine that must succeed. Throws with the last line of its output. */
export async function requireInGuest(connection: Connection, script: string, settings: GuestOptions = {}): Promise<void> {
  const result = await runInGuest(connection, script, settings)
  if (result.exitCode !== 0) throw new Error(`a script in ${connection.host.instanceId} failed: ${failureOf(result)}`)
}

/** Copies a file of this computer into a file of the machine, with one command. */
export async function copyToGuest(connection: Connection, from: string, to: string): Promise<RunResult> {
  const { host, options } = connection
  const command = asRoot(host, `sh -c ${quoteShell(`cat >${quoteShell(to)} && chmod 0700 ${quoteShell(to)}`)}`)
  const line = ['ssh', ...options, host.address, '--', command].map(quoteShell).join(' ')
  return run('sh', ['-c', `exec ${line} <${quoteShell(from)}`])
}

/** Closes the shared connection, if there is one. */
export async function disconnect({ host, options }: Connection): Promise<void> {
  await run('ssh', [...options, '-O', 'exit', host.address], { timeoutMs: 5_000 })
}

function asRoot(host: Host, command: string): string {
  return host.user === 'root' ? command : `sudo -n -- ${command}`
}
