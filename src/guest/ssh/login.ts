import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { defined } from '../../core/defined.ts'
import { runInBackground } from '../../core/exec.ts'
import { type SshSettings, type SshTarget, sshArguments } from './options.ts'
import { type FailedLogin, noNetwork, notAccepted, type Sight, seeFailure } from './sight.ts'

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
  /** Called with what is seen of the machine, each time that this changes. */
  readonly onSeen?: (sentence: string) => void
  /** A machine that rejects the key once will not accept it later. */
  readonly isRefusalFinal?: boolean
  /** After so many ms in which the machine refused each login, it is not asked again. */
  readonly refusedMs?: number
  /** Time-out of one login, in ms. */
  readonly attemptMs?: number
  /** Pause between two logins, in ms. After each login that was answered, it is four times as long, up to `refusalPause`. */
  readonly pause: { readonly shortest: number; readonly longest?: number }
}

/** Why a login failed. */
export interface LoginFailure {
  readonly why: string
  /** The machine answered and refused the key. */
  readonly isRefusal: boolean
}

/** What to do about a machine that refuses the key. */
export const refusalHint =
  'name an account that may log in with a key: login: {by: cloud-init, user: …} in family.yaml; a hardening role often forbids root'

/**
 * The longest pause between two logins, in ms. Since version 9.8, sshd blocks a client for whom it has added up more than 15 s of penalties,
 * 5 s for each failed login (PerSourcePenalties in sshd_config). At this pace, they do not add up.
 */
const refusalPause = 6_000

/** A machine may start its ssh server before the key is in place, but not by this time, in ms. */
const refusalMs = 180_000

/** A client is blocked for less than this time, in ms. A machine that closes connections for longer has restarted. */
const longestBlock = 60_000

/**
 * Waits until a machine accepts a login. If the settings have a shared connection, it stays open. Returns undefined, or why login failed.
 * It tests the port only by logging in, because each other connection would start a process in the machine too.
 */
export async function waitForLogin(target: SshTarget, settings: SshSettings, wait: LoginWait): Promise<LoginFailure | undefined> {
  const { observer, pause } = wait
  const deadline = Date.now() + wait.deadlineMs
  const seen = follow(wait)
  let [next, isUp] = [pause.shortest, observer === undefined]
  for (; Date.now() < deadline; await sleep(Math.min(next, Math.max(0, deadline - Date.now())))) {
    if (wait.signal?.aborted) return { why: 'the build was cancelled', isRefusal: false }
    if (observer && !observer.isAlive()) return { why: 'the machine stopped unexpectedly', isRefusal: false }
    isUp ||= (await observer?.isNetworkUp()) ?? true
    if (!isUp) {
      seen.add(noNetwork)
      continue
    }
    const failed = await tryLogin(loginArguments(target, settings), wait)
    if (failed === undefined) return undefined
    const { isAnswered, final } = seen.add(seeFailure(target, failed))
    if (final !== undefined) return { why: final, isRefusal: true }
    next = isAnswered ? Math.min(next * 4, pause.longest ?? refusalPause) : pause.shortest
  }
  return seen.end()
}

/** What a series of failed logins shows of a machine. */
interface Followed {
  /** `isAnswered`: an ssh server answers. `final`: why no further login is worth it. */
  add(sight: Sight): { readonly isAnswered: boolean; readonly final: string | undefined }
  /** Why login failed, after the deadline. */
  end(): LoginFailure
}

/** Follows what is seen. A connection that is closed after a refusal is part of the refusal: sshd blocks clients that fail too often. */
function follow(wait: LoginWait): Followed {
  const { onSeen, isRefusalFinal, refusedMs = refusalMs, deadlineMs } = wait
  let [shown, told, refusal]: [Sight, string, Sight | undefined] = [noNetwork, '', undefined]
  let refused: { readonly since: number; readonly last: number } | undefined
  const show = (sight: Sight): void => {
    shown = sight
    if (sight.now !== told) onSeen?.(sight.now)
    told = sight.now
  }
  return {
    add(sight) {
      const now = Date.now()
      if (sight.kind === 'refused') {
        refused = { since: refused?.since ?? now, last: now }
        refusal = sight
      } else if (sight.kind !== 'closed' || now - (refused?.last ?? 0) > longestBlock) refused = undefined
      show(refused && refusal ? refusal : sight)
      if (sight.kind !== 'refused' || !refused) return { isAnswered: refused !== undefined || sight.kind === 'other', final: undefined }
      const took = now - refused.since
      const final = isRefusalFinal ? sight.why : took > refusedMs ? `${sight.why}, for ${Math.round(took / 1000)} s` : undefined
      return { isAnswered: true, final }
    },
    end() {
      const before = refusal && refusal !== shown ? `; before that, ${refusal.why}` : ''
      return { why: `${shown.why} within ${Math.round(deadlineMs / 1000)} s${before}`, isRefusal: refusal !== undefined }
    },
  }
}

/** The arguments of `ssh` for one login. A shared connection stays open in the background. */
export function loginArguments(target: SshTarget, settings: SshSettings): string[] {
  const work = settings.controlPath === undefined ? [target.address, 'exit 0'] : ['-f', '-N', target.address]
  return [...sshArguments(target, settings), ...work]
}

/** After this time without acceptance, a new connection is opened, in ms. QEMU would repeat the old one only after seconds. */
const patienceMs = 400

/** Tries one login. Returns undefined if it worked. After the machine has accepted the connection, the time-out of `ssh` applies. */
async function tryLogin(args: readonly string[], wait: LoginWait): Promise<FailedLogin | undefined> {
  const before = (await readLog(wait.logFile)).length
  const exitCode = await runLogin(args, wait)
  if (exitCode === 0) return undefined
  const written = (await readLog(wait.logFile)).slice(before)
  return { exitCode, lines: written.trim().split(/[\r\n]+/) }
}

async function runLogin(args: readonly string[], { signal, observer, attemptMs, logFile }: LoginWait): Promise<number> {
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

async function readLog(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '')
}
