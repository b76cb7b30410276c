import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { plainEnvironment } from '../../../core/plain-environment.ts'
import { findProcess, isRunning, type ProcessIdentity } from '../../../core/process-identity.ts'
import { connectQmp } from './qmp.ts'

/** Maximum time until QEMU answers on its control socket, in ms. */
const startDeadline = 60_000

/** Options of starting QEMU. */
export interface QemuProcess {
  /** The QEMU program. */
  readonly program: string
  readonly args: readonly string[]
  /** The file for messages of QEMU. */
  readonly logFile: string
  readonly qmpSocket: string
  readonly pidFile: string
  /** After this time, the machine ends by itself, even if no other process of the build runs; in seconds, 0 for never. */
  readonly lifetimeSeconds: number
}

/**
 * Starts QEMU in its own session and without the streams of this process, so that it continues after this process has ended. Its parent is
 * `timeout` of coreutils, which limits its lifetime. Throws with the message of QEMU if QEMU ends immediately.
 */
export async function startQemu(spec: QemuProcess): Promise<ProcessIdentity> {
  const log = openSync(spec.logFile, 'a', 0o600)
  const [program, args] =
    spec.lifetimeSeconds > 0
      ? ['timeout', ['--signal=TERM', '--kill-after=30', String(spec.lifetimeSeconds), spec.program, ...spec.args]]
      : [spec.program, spec.args]
  const child = spawn(program, [...args], { detached: true, stdio: ['ignore', log, log], env: plainEnvironment() })
  closeSync(log)
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code) => resolve(`exit ${code}: ${readFileSync(spec.logFile, 'utf8').trim()}`))
  })
  child.unref()
  const stopWaiting = new AbortController()
  const why = await Promise.race([ended, waitForQmp(spec.qmpSocket, stopWaiting.signal)])
  stopWaiting.abort()
  child.removeAllListeners('exit')
  if (why !== undefined) throw new Error(`QEMU could not start the machine: ${why}`)
  const identity = findProcess(Number(readFileSync(spec.pidFile, 'utf8')))
  if (!identity) throw new Error(`QEMU ended right after its start: ${readFileSync(spec.logFile, 'utf8').trim()}`)
  return identity
}

/** The running process of a PID file, if it is the machine of that name. The check is needed because PIDs are reused. */
export function findQemu(pidFile: string, name: string): ProcessIdentity | undefined {
  try {
    const identity = findProcess(Number(readFileSync(pidFile, 'utf8')))
    if (!identity || process.platform !== 'linux') return identity
    return readFileSync(`/proc/${identity.pid}/cmdline`, 'utf8').split('\0').includes(name) ? identity : undefined
  } catch {
    return undefined
  }
}

/** Waits until QEMU answers. Resolves to the reason if it does not in time, else to undefined. */
async function waitForQmp(socket: string, signal: AbortSignal): Promise<string | undefined> {
  for (const deadline = Date.now() + startDeadline; !signal.aborted && Date.now() < deadline; await sleep(10)) {
    try {
      const qmp = await connectQmp(socket)
      qmp[Symbol.dispose]()
      return undefined
    } catch {
      // The socket does not exist yet.
    }
  }
  return `it did not open ${socket} within ${startDeadline} ms`
}

/** Ends a machine: by a QMP command, then SIGTERM, then SIGKILL. Sends signals only to exactly this process. Succeeds if it has ended. */
export async function stopQemu(identity: ProcessIdentity, qmpSocket: string): Promise<void> {
  if (!isRunning(identity)) return
  try {
    using qmp = await connectQmp(qmpSocket)
    await qmp.execute('quit', {}, 2000)
  } catch {
    signal(identity, 'SIGTERM')
  }
  if (await waitForExit(identity, 5000)) return
  signal(identity, 'SIGKILL')
  if (!(await waitForExit(identity, 10_000))) throw new Error(`cannot end the process ${identity.pid} of the machine`)
}

async function waitForExit(identity: ProcessIdentity, deadlineMs: number): Promise<boolean> {
  for (const deadline = Date.now() + deadlineMs; Date.now() < deadline; await sleep(20)) {
    if (!isRunning(identity)) return true
  }
  return false
}

function signal(identity: ProcessIdentity, name: NodeJS.Signals): void {
  try {
    if (isRunning(identity)) process.kill(identity.pid, name)
  } catch {
    // The process ended just before the signal.
  }
}
