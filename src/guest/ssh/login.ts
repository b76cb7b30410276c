import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { defined } from '../../core/defined.ts'
import { runInBackground } from '../../core/exec.ts'
import { type SshSettings, type SshTarget, sshArguments } from './options.ts'

/** Observes a starting machine from outside. Possible with QEMU, but not on EC2. */
export interface Observer {
  /** Whether the machine still runs. */
  isAlive(): boolean
  /** Whether its network is up. No login is tried before that. */
  isNetworkUp(): Promise<boolean>
  /** Whether the machine has accepted the connection of the current login. If it does not soon, the login is started again. */
  isAccepted(): Promise<boolean>
}

/** Options of waiting for a login. */
export interface LoginWait {
  readonly deadlineMs: number
  readonly signal?: AbortSignal
  /** The file for messages of `ssh` and its proxy command. */
  readonly logFile: string
  readonly observer?: Observer
  /** A machine that rejects the key once will not accept it later. */
  readonly isRefusalFinal?: boolean
  /** After so many ms in which the machine refused each login, it is not asked again. */
  readonly refusedMs?: number
  /** Time-out of one login, in ms. */
  readonly attemptMs?: number
  /** Pause between two logins, in ms. It doubles after each refusal up to `longest`, because sshd blocks clients that fail too often. */
  readonly pause: { readonly shortest: number; readonly longest: number }
}

/** Why a login failed. */
export interface LoginFailure {
  readonly why: string
  /** The machine answered and rejected the key. */
  readonly isRefusal: boolean
}

/**
 * Waits until a machine accepts a login. If the settings have a shared connection, it stays open. Returns undefined, or why login failed.
 * It tests the port only by logging in, because each other connection would start a process in the machine too.
 */
export async function waitForLogin(target: SshTarget, settings: SshSettings, wait: LoginWait): Promise<LoginFailure | undefined> {
  const { observer, pause } = wait
  const deadline = Date.now() + wait.deadlineMs
  let [why, next, isUp] = ['its network did not come up', pause.shortest, observer === undefined]
  let refusedSince: number | undefined
  for (; Date.now() < deadline; await sleep(next)) {
    if (wait.signal?.aborted) return final('the build was cancelled')
    if (observer && !observer.isAlive()) return final('the machine stopped unexpectedly')
    isUp ||= (await observer?.isNetworkUp()) ?? true
    if (!isUp) continue
    const exitCode = await tryLogin(loginArguments(target, settings), wait)
    if (exitCode === 0) return undefined
    const lines = await readLines(wait.logFile)
    const said = lines.at(-1) || `ssh ended with exit code ${exitCode}`
    const isUnanswered = exitCode === notAccepted || unanswered.test(said)
    why = isUnanswered ? `its ssh port did not answer${proxyMessage(target, lines)}` : refusal(target, said)
    refusedSince = isRefusal(said) ? (refusedSince ?? Date.now()) : undefined
    if (wait.isRefusalFinal && isRefusal(said)) return final(why)
    const refusedMs = refusedSince === undefined ? 0 : Date.now() - refusedSince
    if (refusedMs > (wait.refusedMs ?? refusalMs)) return final(`${why}, for ${Math.round(refusedMs / 1000)} s`)
    next = isUnanswered ? pause.shortest : Math.min(next * 2, pause.longest)
  }
  return final(`${why} within ${Math.round(wait.deadlineMs / 1000)} s`)
}

/** A machine may start its ssh server before the key is in place, but not by this time, in ms. */
const refusalMs = 180_000

function refusal({ user }: SshTarget, said: string): string {
  return isRefusal(said) ? `ssh answers, and refuses the key of ${user}: ${said}` : `it accepted no login: ${said}`
}

/** The arguments of `ssh` for one login. A shared connection stays open in the background. */
export function loginArguments(target: SshTarget, settings: SshSettings): string[] {
  const work = settings.controlPath === undefined ? [target.address, 'exit 0'] : ['-f', '-N', target.address]
  return [...sshArguments(target, settings), ...work]
}

function final(why: string): LoginFailure {
  return { why, isRefusal: isRefusal(why) }
}

function isRefusal(why: string): boolean {
  return /permission denied/i.test(why)
}

/** Replaces the exit code of `ssh` if the machine did not accept the connection. */
const notAccepted = -1

/** After this time without acceptance, a new connection is opened, in ms. QEMU would repeat the old one only after seconds. */
const patienceMs = 400

/** Tries one login. Returns the exit code of `ssh`. After the machine has accepted the connection, the time-out of `ssh` applies. */
async function tryLogin(args: readonly string[], { signal, observer, attemptMs, logFile }: LoginWait): Promise<number> {
  const giveUp = new AbortController()
  const ended = runInBackground('ssh', args, {
    logFile,
    signal: signal ? AbortSignal.any([signal, giveUp.signal]) : giveUp.signal,
    ...defined({ timeoutMs: attemptMs }),
  })
  if (!observer) return ended
  for (const end = Date.now() + patienceMs; ; ) {
    const exitCode = await Promise.race([ended, sleep(patienceMs / 4)])
    if (exitCode !== undefined) return exitCode
    if (await observer.isAccepted()) return ended
    if (Date.now() < end) continue
    giveUp.abort()
    return (await ended) === 0 ? 0 : notAccepted
  }
}

async function readLines(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text.trim().split(/[\r\n]+/)
}

/** Messages of `ssh` if nothing answers: an open port without a running machine, or a proxy command that ended. */
const unanswered = /reset by peer|closed by/i

/** The last line of the proxy command. It says why there is no connection. */
function proxyMessage({ proxyCommand }: SshTarget, lines: readonly string[]): string {
  const line = proxyCommand === undefined ? undefined : lines.findLast((each) => each !== '' && !unanswered.test(each))
  return line === undefined ? '' : `: ${line}`
}
