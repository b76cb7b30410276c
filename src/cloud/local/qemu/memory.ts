import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MissingError } from '../../../core/errors.ts'
import { withLock } from '../../../core/lock.ts'
import { type Memory, readMemory } from '../../../core/memory.ts'
import { cacheFolder } from '../../../core/paths.ts'
import { readPromisedMemory, reserve } from './guests.ts'

/** How long a machine may queue for the memory of others, in ms. */
const memoryDeadline = 30 * 60 * 1000

export interface MemoryOptions {
  readonly signal: AbortSignal
  readonly timeoutMs?: number
  /** What can be had now, what running guests may still take taken off. */
  readonly read?: () => Memory
}

/**
 * Starts a machine of so many MiB once there is memory for it, so that many builds queue rather than die. One process looks and starts
 * at a time: two that looked at once would both take the same memory. Throws MissingError when it never can, or has not in time.
 */
export async function startWithMemory<T>(mebibytes: number, start: () => Promise<T>, options: MemoryOptions): Promise<T> {
  const { signal, timeoutMs = memoryDeadline, read = readFreeMemory } = options
  const needed = mebibytes + reserve
  const { total } = read()
  if (total < needed) {
    const hint = 'lower machine.memory in family.yaml, or raise the memory limit of the container'
    throw new MissingError(`A machine of ${mebibytes} MiB needs ${needed} MiB of memory, this computer or its container has ${total} MiB`, {
      hint,
    })
  }
  for (const deadline = Date.now() + timeoutMs; ; await sleep(500, undefined, { signal })) {
    const started = await withLock(
      join(cacheFolder(), 'memory.lock'),
      () => {},
      async () => (read().available >= needed ? { value: await start() } : undefined),
    )
    if (started) return started.value
    if (Date.now() > deadline) {
      throw new MissingError(
        `Waited ${Math.round(timeoutMs / 1000)} s for ${needed} MiB of free memory, there are ${read().available} MiB`,
        {
          hint: 'bake fewer families at once',
        },
      )
    }
  }
}

function readFreeMemory(): Memory {
  const { total, available } = readMemory()
  return { total, available: Math.max(0, available - readPromisedMemory()) }
}
