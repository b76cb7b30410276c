import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { BuildFailed } from '../../core/errors.ts'
import { lastLine, type RunResult, run } from '../../core/exec.ts'
import { quotePath, shellQuote } from '../../core/quote.ts'
import type { Host } from '../../model/host.ts'
import { controlFolder } from './control-folder.ts'

/** One shared connection to a guest. The first command opens it; it outlives the step, so that the next one finds it. */
export interface Connection {
  readonly host: Host
  /** Socket of the shared connection. */
  readonly controlPath: string
  /** For the calling of `ssh`, up to and without the host's address. */
  readonly options: readonly string[]
  /** Inventory variables, where Ansible does not reach the host by these options: Windows hosts. */
  readonly variables?: Readonly<Record<string, string | number | boolean>>
}

export interface GuestOptions {
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
  /** Set in the guest's shell before the script runs. */
  readonly variables?: Readonly<Record<string, string>>
  /** The command that reads the script; `sh -s` by default. */
  readonly shell?: string
}

/** Characters that a guest may answer with: no check, report or log of ours comes near. A guest may write without end. */
const longestAnswer = 16 * 1024 * 1024

/** How long an idle connection stays, in seconds: longer than the pause between two steps. */
const persist = 120

/** The connection to a host. Nothing is opened yet. */
export function connect(host: Host, buildFolder: string): Connection {
  if (host.controlPath !== undefined) return { host, controlPath: host.controlPath, options: sshArguments(host, host.controlPath) }
  const name = createHash('sha256').update(`${host.instanceId} ${host.address} ${host.port} ${host.user}`).digest('hex').slice(0, 8)
  const controlPath = join(controlFolder(buildFolder), name)
  return { host, controlPath, options: sshArguments(host, controlPath) }
}

/** Options of every `ssh` that speaks to this host: pinned host key, the build's key only, one shared connection. */
export function sshArguments(host: Host, controlPath: string): string[] {
  const proxyCommand = host.proxyCommand ?? patientCommand(host)
  const options = {
    BatchMode: 'yes',
    IdentitiesOnly: 'yes',
    IdentityAgent: 'none',
    IdentityFile: quotePath(host.identityFile),
    StrictHostKeyChecking: 'yes',
    UserKnownHostsFile: quotePath(host.knownHostsFile),
    GlobalKnownHostsFile: '/dev/null',
    UpdateHostKeys: 'no',
    CheckHostIP: 'no',
    // A command that leads there knows best when to try anew; and a busy machine is slow to greet, and slower when it is asked again.
    ConnectTimeout: proxyCommand === undefined ? '12' : '60',
    ServerAliveInterval: '5',
    ServerAliveCountMax: '6',
    ControlMaster: 'auto',
    ControlPath: quotePath(controlPath),
    ControlPersist: String(persist),
    // The default exchange costs an emulated processor a quarter of a second more.
    KexAlgorithms: '^curve25519-sha256',
    LogLevel: 'ERROR',
    ...(proxyCommand === undefined ? {} : { ProxyCommand: proxyCommand }),
  }
  return [
    '-F',
    'none',
    ...Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`]),
    '-p',
    String(host.port),
    '-l',
    host.user,
  ]
}

/** For a loopback address: that is a forwarded port, which is open even while its machine is down. */
function patientCommand({ address }: Host): string | undefined {
  if (address !== '127.0.0.1') return undefined
  const words = [process.execPath, join(import.meta.dirname, 'patient-connection.ts')].map((word) => shellQuote(word).replaceAll('%', '%%'))
  return `${words.join(' ')} %h %p`
}

/** Runs a shell script in the guest, as root. The script goes over standard input: nothing of it is on a command line. */
export async function runInGuest({ host, options }: Connection, script: string, settings: GuestOptions = {}): Promise<RunResult> {
  const assignments = Object.entries(settings.variables ?? {}).map(([name, value]) => `${name}=${shellQuote(value)}\n`)
  const { signal, timeoutMs } = settings
  return run('ssh', [...options, host.address, '--', asRoot(host, settings.shell ?? 'sh -s')], {
    // Braces: the shell reads all of it before it runs any, so that no command in it can eat the rest.
    input: `${assignments.join('')}{\n${script}\n} </dev/null\nexit $?\n`,
    longestOutput: longestAnswer,
    ...(signal === undefined ? {} : { signal }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  })
}

/** Copies bytes into a file of the guest by way of one command. */
export async function copyToGuest(connection: Connection, from: string, to: string): Promise<RunResult> {
  const { host, options } = connection
  const command = asRoot(host, `sh -c ${shellQuote(`cat >${shellQuote(to)} && chmod 0700 ${shellQuote(to)}`)}`)
  const line = ['ssh', ...options, host.address, '--', command].map(shellQuote).join(' ')
  return run('sh', ['-c', `exec ${line} <${shellQuote(from)}`])
}

/** Waits until the guest answers, at most so long; throws BuildFailed with the last thing that `ssh` said. */
export async function waitForLogin(connection: Connection, deadlineMs: number, signal: AbortSignal): Promise<void> {
  const end = Date.now() + deadlineMs
  for (;;) {
    const result = await runInGuest(connection, ':', { signal, timeoutMs: Math.max(1_000, Math.min(60_000, end - Date.now())) })
    if (result.exitCode === 0) return
    signal.throwIfAborted()
    if (Date.now() >= end) {
      throw new BuildFailed(`no login on ${connection.host.instanceId} within ${Math.round(deadlineMs / 1000)} s: ${lastLine(result)}`)
    }
    await new Promise((done) => setTimeout(done, 300))
  }
}

/** Ends the shared connection; nothing happens if there is none. */
export async function disconnect({ host, options }: Connection): Promise<void> {
  await run('ssh', [...options, '-O', 'exit', host.address], { timeoutMs: 5_000 })
}

function asRoot(host: Host, command: string): string {
  return host.user === 'root' ? command : `sudo -n -- ${command}`
}
