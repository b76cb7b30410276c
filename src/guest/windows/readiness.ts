import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { RejectedError } from '../../core/errors.ts'
import { runPowerShell } from '../powershell/powershell.ts'
import { renderScript } from '../powershell/script.ts'
import type { Session } from '../session.ts'
import { parseAnswer } from './answer.ts'

/** State of the machine before it is generalised. */
export interface Readiness {
  readonly imageState: string
  /** Components that wait for a reboot. */
  readonly pending: readonly string[]
  /** Processes that still run: servicing, installers. */
  readonly busy: readonly string[]
  /** Store packages that one user has and new users would not get. */
  readonly packages?: readonly string[]
  /** Drives that are encrypted. */
  readonly encrypted?: readonly string[]
  /** How often the machine can still be generalised. */
  readonly rearms?: number | null
}

/** Waits until no installation runs. Throws RejectedError if the machine cannot be generalised, and after the deadline. */
export async function waitUntilReady(session: Session, { deadline, pause }: { deadline: number; pause: number }): Promise<void> {
  const script = renderScript(join(import.meta.dirname, 'scripts/check.ps1'))
  for (;;) {
    const outcome = await runPowerShell(session, { script, timeoutMs: 300_000 })
    if (outcome.problem !== undefined)
      throw new RejectedError(`the state of the machine could not be read before generalising: ${outcome.problem}`)
    const verdict = judgeReadiness(parseAnswer<Readiness>(outcome.stdout))
    if (verdict.ready) return
    if (verdict.fatal || Date.now() > deadline) throw new RejectedError(verdict.why, { hint: verdict.hint })
    await sleep(pause, undefined, { signal: session.context.signal })
  }
}

type Verdict = { readonly ready: true } | { readonly ready: false; readonly fatal: boolean; readonly why: string; readonly hint: string }

/** Whether a machine can be generalised. Only a busy process ends by itself. */
export function judgeReadiness({ imageState, pending, busy, packages = [], encrypted = [], rearms = null }: Readiness): Verdict {
  const refuse = (why: string, hint: string, fatal = true): Verdict => {
    return { ready: false, fatal, why: `the machine cannot be generalised: ${why}`, hint }
  }
  if (imageState !== 'IMAGE_STATE_COMPLETE') {
    return refuse(`its ImageState is ${imageState || 'unknown'}, expected IMAGE_STATE_COMPLETE`, 'finish Windows Setup in the base image')
  }
  if (pending.length > 0) return refuse(`a reboot is pending (${pending.join(', ')})`, 'end the playbook with ansible.windows.win_reboot')
  if (packages.length > 0) {
    const why = `Sysprep cannot run with packages that are installed for one user only (${packages.join(', ')})`
    return refuse(why, `remove them in the playbook: Remove-AppxPackage -AllUsers -Package ${packages[0]}`)
  }
  if (encrypted.length > 0) {
    return refuse(
      `Sysprep cannot run with encrypted drives (${encrypted.join(', ')})`,
      'decrypt them in the playbook: Disable-BitLocker, then wait',
    )
  }
  if (rearms === 0) {
    return refuse(
      'its licence cannot be reset any more (RemainingWindowsReArmCount is 0)',
      'start from a base that was generalised less often',
    )
  }
  if (busy.length > 0) return refuse(`${busy.join(', ')} did not end in time`, 'set a longer seal: {timeout: …} in family.yaml', false)
  return { ready: true }
}
