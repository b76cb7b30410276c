import { setTimeout as sleep } from 'node:timers/promises'
import { BuildFailed } from '../../core/errors.ts'
import { lastLine } from '../../core/exec.ts'
import type { Trial } from '../../verify/verifier.ts'
import type { StepContext } from '../context.ts'
import { disconnect, runInGuest } from '../ssh/ssh.ts'

const bootId = 'cat /proc/sys/kernel/random/boot_id'

/** Reboots a machine and waits until it can be logged in to again, as another boot than before. */
export async function reboot(context: StepContext, { connection, deadline }: Trial): Promise<void> {
  context.tell({ type: 'task', name: 'reboot' })
  const { signal } = context
  if (context.request.family.os === 'windows') {
    const { rebootWindows } = await import('../windows/reboot.ts')
    return rebootWindows({ context, connection }, Math.max(1_000, deadline - Date.now()))
  }
  // Detached, so that the connection can be closed before the machine does.
  const asked = await runInGuest(connection, `${bootId}\n(sleep 0.5; systemctl reboot) >/dev/null 2>&1 &`, { signal, timeoutMs: 60_000 })
  if (asked.exitCode !== 0) throw new BuildFailed(`the machine did not accept a reboot: ${lastLine(asked)}`)
  await disconnect(connection)
  await sleep(1_000, undefined, { signal })
  for (;;) {
    const answer = await runInGuest(connection, bootId, { signal, timeoutMs: 60_000 })
    if (answer.exitCode === 0 && answer.stdout !== asked.stdout) return
    signal.throwIfAborted()
    if (Date.now() > deadline) throw new BuildFailed(`the machine did not come back from a reboot: ${lastLine(answer)}`)
    if (answer.exitCode === 0) await disconnect(connection)
    await sleep(500, undefined, { signal })
  }
}
