import { setTimeout as sleep } from 'node:timers/promises'
import { RejectedError } from '../../core/errors.ts'
import { failureOf } from '../../core/exec.ts'
import type { Session } from '../session.ts'
import { disconnect, runInGuest } from '../ssh/ssh.ts'

const bootId = 'cat /proc/sys/kernel/random/boot_id'

/** Reboots a Linux machine and waits until it answers with another boot ID. Throws RejectedError after the deadline. */
export async function rebootLinux({ context, connection }: Session, deadline: number): Promise<void> {
  const { signal } = context
  // In the background, so that the connection can be closed before the machine goes down.
  const asked = await runInGuest(connection, `${bootId}\n(sleep 0.5; systemctl reboot) >/dev/null 2>&1 &`, { signal, timeoutMs: 60_000 })
  if (asked.exitCode !== 0) throw new RejectedError(`the machine did not accept a reboot: ${failureOf(asked)}`)
  await disconnect(connection)
  await sleep(1_000, undefined, { signal })
  for (;;) {
    const answer = await runInGuest(connection, bootId, { signal, timeoutMs: 60_000 })
    if (answer.exitCode === 0 && answer.stdout !== asked.stdout) return
    signal.throwIfAborted()
    if (Date.now() > deadline) throw new RejectedError(`the machine did not boot again after a reboot: ${failureOf(answer)}`)
    if (answer.exitCode === 0) await disconnect(connection)
    await sleep(500, undefined, { signal })
  }
}
