import { RejectedError } from '../../core/errors.ts'
import { findConsoleMessage } from '../../guest/powershell/console.ts'
import { waitForLogin } from '../../guest/ssh/login.ts'
import type { Host } from '../../model/host.ts'

/** How long one login may take, in ms, and the pause between two. Each may start a session or go through a bastion. */
const [attemptMs, pause] = [60_000, { shortest: 2_000, longest: 4_000 }]

/**
 * Waits until the instance accepts a login. That proves that it is up, and that it is the machine that got the pinned host key.
 * Throws RejectedError with the last message of `ssh`.
 */
export async function requireLogin(host: Host, deadlineMs: number): Promise<void> {
  const failure = await waitForLogin(host, {}, { deadlineMs, attemptMs, pause, logFile: `${host.knownHostsFile}.log` })
  if (!failure) return
  const { readConsole } = await import('./console.ts')
  const message = findConsoleMessage(await readConsole(host.instanceId))
  const why = message === undefined ? failure.why : `${failure.why}; the console of the machine shows: ${message}`
  throw new RejectedError(`SSH login to instance ${host.instanceId} failed: ${why}`, {
    hint: 'check aws.reach and login.user in family.yaml, and the console log in the diagnostics folder',
  })
}
