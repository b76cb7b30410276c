import { setTimeout as sleep } from 'node:timers/promises'
import { parseDuration } from '../core/duration.ts'
import { RejectedError } from '../core/errors.ts'
import { onlyHost, type StepContext } from '../guest/context.ts'
import { disconnect } from '../guest/ssh/ssh.ts'
import { systemOf } from '../guest/systems.ts'
import type { StepAnswer } from '../model/step.ts'
import { findMachine } from './find-machine.ts'

/** Removes from the machine what must not be in an image, powers it off, and waits until it has stopped. */
export async function seal(context: StepContext): Promise<StepAnswer> {
  const { family } = context.request
  const deadline = Date.now() + parseDuration(family.seal.timeout)
  const system = systemOf(family.os)
  await using session = await system.openSession(context, onlyHost(context))
  const { connection } = session
  try {
    await system.seal(session, () => hasEnded(context, connection.host.instanceId))
  } catch (error) {
    await system.saveDiagnostics?.(session)
    throw error
  }
  context.tell({ type: 'task', name: 'wait until the machine has stopped' })
  const closed = disconnect(connection)
  await waitUntilStopped(context, connection.host.instanceId, deadline)
  await closed
  return { status: 'ok', suites: [] }
}

/** A machine that does not exist any more has ended too; the step then reports it. */
async function hasEnded(context: StepContext, instanceId: string): Promise<boolean> {
  const machine = await findMachine(context, instanceId)
  return machine === undefined || machine.state === 'stopped'
}

/** The first and the longest time between two polls, in ms. */
const pause = { first: 100, longest: 5_000 }

async function waitUntilStopped(context: StepContext, instanceId: string, deadline: number): Promise<void> {
  const { request, signal } = context
  const started = Date.now()
  for (;;) {
    const instance = await findMachine(context, instanceId)
    if (instance?.state === 'stopped') return
    if (!instance)
      throw new RejectedError(`the machine ${instanceId} was deleted while it was sealed`, {
        hint: 'find out what deleted it (another reap, a clean-up job of the account), and build again',
      })
    signal.throwIfAborted()
    if (Date.now() > deadline)
      throw new RejectedError(`the machine ${instanceId} did not stop within ${request.family.seal.timeout}`, {
        hint: 'set a longer seal: {timeout: …} in family.yaml, or find in the console log what keeps it running',
      })
    // Local machines stop within seconds, others within minutes: the pause is a tenth of the time waited so far.
    await sleep(Math.min(pause.longest, Math.max(pause.first, (Date.now() - started) / 10)), undefined, { signal })
  }
}
