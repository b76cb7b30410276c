import { setTimeout as sleep } from 'node:timers/promises'
import { describeCloud } from '../cloud/clouds.ts'
import type { StepContext } from '../guest/context.ts'

/** How often a step asks whether its machines still run, in ms: before `ssh` gives up an answer, after 30 s. */
const every = 5000

/** Stops a step when a machine that it works on was paused: whatever it waits for does not come. Never keeps the process alive. */
export async function watchMachines({ request, hosts, signal }: StepContext, stop: (why: Error) => void): Promise<void> {
  const { runsHere, cloud } = await describeCloud(request.cloud)
  if (!runsHere) return
  while (!signal.aborted) {
    await sleep(every, undefined, { ref: false })
    const { findPause } = await cloud()
    const pauses = await Promise.all(hosts.map(({ instanceId }) => findPause?.(instanceId)))
    const [pause] = pauses.filter((each) => each !== undefined)
    if (pause) stop(pause)
  }
}
