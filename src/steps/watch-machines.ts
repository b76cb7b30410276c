import { setTimeout as sleep } from 'node:timers/promises'
import { describeCloud } from '../cloud/clouds.ts'
import type { StepContext } from '../guest/context.ts'

/** Time between two polls, in ms. It is shorter than 30 s, after which `ssh` gives up an unanswered connection. */
const every = 5000

/** Stops a step if one of its machines is paused, because such a machine never answers. Its timer does not keep the process alive. */
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
