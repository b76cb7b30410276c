import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { runInBackground } from '../../core/exec.ts'
import { type SshSettings, type SshTarget, sshArguments } from './options.ts'

/** What can be found out about a starting machine from outside. QEMU knows all of it, a cloud none. */
export interface Observer {
  /** Whether the machine still runs. */
  isAlive(): boolean
  /** Whether its network is up. No login is tried before that. */
  isNetworkUp(): Promise<boolean>
  /** Whether the machine accepted the connection of the login that is under way. One that it does not accept soon is tried anew. */
  isAccepted(): Promise<boolean>
}

export interface LoginWait {
  readonly deadlineMs: number
  readonly signal?: AbortSignal
  /** `ssh` and its proxy command write into this file. */
  readonly logFile: string
  readonly observer?: Observer
  /** A machine that refused the key once will not accept it later. */
  readonly isRefusalFinal?: boolean
  /** How long one login may take, in ms. */
  readonly attemptMs?: number
  /** Pause between two logins, in ms; it doubles up to `longest` after each refusal, as machines block whoever tries too often. */
  readonly pause: { readonly shortest: number; readonly longest: number }
}

/** Why a machine accepted no login. */
export interface LoginFailure {
  readonly why: string
  /** The machine answered, and refused the key. */
  readonly isRefusal: boolean
}

/**
 * Waits until a machine accepts a login, and leaves the shared connection open if the settings name one. Returns why it did not,
 * or undefined. It only tries to log in: any other test of the port would start a process in the machine.
 */
export async function waitForLogin(target: SshTarget, settings: SshSettings, wait: LoginWait): Promise<LoginFailure | undefined> {
  const { observer, pause } = wait
  const deadline = Date.now() + wait.deadlineMs
  let [why, next, isUp] = ['its network did not come up', pause.shortest, observer === undefined]
  for (; Date.now() < deadline; await sleep(next)) {
    if (wait.signal?.aborted) return final('the build was cancelled')
    if (observer && !observer.isAlive()) return final('the machine ended by itself')
    isUp ||= (await observer?.isNetworkUp()) ?? true
    if (!isUp) continue
    const exitCode = await tryLogin(loginArguments(target, settings), wait)
    if (exitCode === 0) return undefined
    const lines = await readLines(wait.logFile)
    const said = lines.at(-1) || `ssh ended with exit code ${exitCode}`
    const isUnanswered = exitCode === notAccepted || unanswered.test(said)
    why = isUnanswered ? `its ssh port did not answer${proxyMessage(target, lines)}` : `it accepted no login: ${said}`
    if (wait.isRefusalFinal && isRefusal(why)) return final(why)
    next = isUnanswered ? pause.shortest : Math.min(next * 2, pause.longest)
  }
  return final(`${why} within ${Math.round(wait.deadlineMs / 1000)} s`)
}

/** Arguments of `ssh` for one login: with a shared connection, it stays open in the background. */
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

/** The exit code of a login that the machine has not accepted. */
const notAccepted = -1

/** How long a machine may leave a connection unaccepted, in ms: QEMU offers it anew only after seconds, but a new one at once. */
const patienceMs = 400

/** One login; the exit code of `ssh`. Once the machine has accepted the connection, `ssh` itself decides how long it waits. */
async function tryLogin(args: readonly string[], { signal, observer, attemptMs, logFile }: LoginWait): Promise<number> {
  const giveUp = new AbortController()
  const ended = runInBackground('ssh', args, {
    logFile,
    signal: signal ? AbortSignal.any([signal, giveUp.signal]) : giveUp.signal,
    ...(attemptMs === undefined ? {} : { timeoutMs: attemptMs }),
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

/** What `ssh` writes when nobody answers: a port that is open without a machine behind it, or a proxy command that ended. */
const unanswered = /reset by peer|closed by/i

/** The last line that the proxy command wrote: it knows why there is no connection. */
function proxyMessage({ proxyCommand }: SshTarget, lines: readonly string[]): string {
  const line = proxyCommand === undefined ? undefined : lines.findLast((each) => each !== '' && !unanswered.test(each))
  return line === undefined ? '' : `: ${line}`
}
