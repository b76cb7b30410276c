import { RejectedError } from '../../core/errors.ts'
import { findConsoleMessage } from '../../guest/powershell/console.ts'
import { refusalHint, waitForLogin } from '../../guest/ssh/login.ts'
import type { Host } from '../../model/host.ts'
import { type StartingMachine, tellSight } from '../progress.ts'

/** Request of `login`: an instance that the engine has created. */
export interface LoginRequest extends StartingMachine {
  readonly host: Host
  readonly deadlineMs: number
}

/** How long one login may take, in ms, and the shortest pause between two. Each may start a session or go through a bastion. */
const [attemptMs, pause] = [60_000, { shortest: 2_000 }]

/**
 * Waits until the instance accepts a login, and tells the build what is seen of it meanwhile. A login proves that the instance is up, and
 * that it is the machine that got the pinned host key. Throws RejectedError with the last message of `ssh`.
 */
export async function requireLogin(host: Host, { deadlineMs, ...machine }: Omit<LoginRequest, 'host'>): Promise<void> {
  const onSeen = (sentence: string): void => tellSight(machine, sentence)
  const failure = await waitForLogin(host, {}, { deadlineMs, attemptMs, pause, onSeen, logFile: `${host.knownHostsFile}.log` })
  if (!failure) return
  const { readConsole } = await import('./console.ts')
  const message = findConsoleMessage(await readConsole(host.instanceId))
  const why = message === undefined ? failure.why : `${failure.why}; the console of the machine shows: ${message}`
  throw new RejectedError(`SSH login to instance ${host.instanceId} failed: ${why}`, {
    hint: failure.isRefusal ? refusalHint : 'check aws.reach and login.user in family.yaml, and the console log in the diagnostics folder',
  })
}
