import { availableParallelism } from 'node:os'
import { listClouds } from '../cloud/clouds.ts'
import type { Family } from '../model/family.ts'

/** What this computer has for bakes. */
export interface Capacity {
  readonly processors: number
  /** Bytes that can be had without swapping. */
  readonly memory: number
}

/** Memory of our own processes in one bake, in MiB: worker, engine, providers, a step with what it runs (`bench -- many`). */
const ownMemory = 900

/** Bakes a processor can look after while their machines work elsewhere: most of such a bake is waiting. */
const waitingPerProcessor = 4

/** How many families are baked at once unless the user says: as many as there are processors and memory for. */
export async function chooseParallel(
  families: readonly Pick<Family, 'cloud' | 'machine' | 'verify'>[],
  capacity = readCapacity(),
): Promise<number> {
  const near = new Set((await listClouds()).filter(({ runsHere }) => runsHere).map(({ name }) => name))
  const here = families.filter(({ cloud }) => near.has(cloud))
  const processors = here.length > 0 ? capacity.processors : capacity.processors * waitingPerProcessor
  // The base is gone before the trials start.
  const machines = Math.max(0, ...here.map(({ machine, verify }) => machine.memory * verify.clones))
  return Math.max(1, Math.min(processors, Math.floor(capacity.memory / ((ownMemory + machines) * 1024 ** 2))))
}

function readCapacity(): Capacity {
  return { processors: availableParallelism(), memory: process.availableMemory() }
}
