import { join } from 'node:path'
import { RejectedError } from '../../core/errors.ts'
import { runPlaybook } from '../ansible/playbook.ts'
import type { Session } from '../session.ts'

/** Reboots a Windows machine and waits until it answers again. Throws RejectedError if it does not in time. */
export async function rebootWindows({ context, connection }: Session, deadline: number): Promise<void> {
  const timeoutMs = Math.max(1_000, deadline - Date.now())
  const { cause } = await runPlaybook(context, {
    playbook: join(import.meta.dirname, 'plays/reboot.yml'),
    connection,
    timeoutMs,
    variables: { bakehouse_seconds: Math.ceil(timeoutMs / 1000) },
    log: context.log,
    onTask: () => {},
  })
  if (cause !== undefined) throw new RejectedError(`the machine did not boot again after a reboot: ${cause}`)
}
