import { availableParallelism } from 'node:os'
import { listClouds } from '../cloud/clouds.ts'
import type { Family } from '../model/family.ts'

/** The capacity of this computer for builds. */
export interface Capacity {
  readonly processors: number
  /** Bytes that can be used without swapping. */
  readonly memory: number
}

/** MiB that the processes of one build use (worker, engine, plugins, a step), without its machines. Measured with `bench -- many`. */
const ownMemory = 900

/** Builds per CPU if the machines run on another computer. Such a build mostly waits. */
const waitingPerProcessor = 4

/** The default number of families to build in parallel: as many as CPUs and memory allow. */
export async function chooseParallel(
  families: readonly Pick<Family, 'cloud' | 'machine' | 'verify'>[],
  capacity = readCapacity(),
): Promise<number> {
  const near = new Set((await listClouds()).filter(({ runsHere }) => runsHere).map(({ name }) => name))
  const here = families.filter(({ cloud }) => near.has(cloud))
  const processors = here.length > 0 ? capacity.processors : capacity.processors * waitingPerProcessor
  // The base machine is removed before the trials start, so only the trials count.
  const machines = Math.max(0, ...here.map(({ machine, verify }) => machine.memory * verify.clones))
  return Math.max(1, Math.min(processors, Math.floor(capacity.memory / ((ownMemory + machines) * 1024 ** 2))))
}

function readCapacity(): Capacity {
  return { processors: availableParallelism(), memory: process.availableMemory() }
}
