import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MissingError } from '../../../core/errors.ts'
import { withLock } from '../../../core/lock.ts'
import { type Memory, readMemory } from '../../../core/memory.ts'
import { cacheFolder } from '../../../core/paths.ts'
import { readPromisedMemory, reserve } from './guests.ts'

/** Maximum time to wait for memory, in ms. */
const memoryDeadline = 30 * 60 * 1000

/** Options of `startWithMemory`. */
export interface MemoryOptions {
  readonly signal: AbortSignal
  readonly timeoutMs?: number
  /** Reads the available memory, minus what running guests may still use. */
  readonly read?: () => Memory
}

/**
 * Starts a machine with `mebibytes` MiB of memory when that much is available, so that many builds wait instead of failing. Only one
 * process at a time checks and starts; otherwise two could count the same memory. Throws MissingError if this computer never has enough
 * memory, or does not have it in time.
 */
export async function startWithMemory<T>(mebibytes: number, start: () => Promise<T>, options: MemoryOptions): Promise<T> {
  const { signal, timeoutMs = memoryDeadline, read = readFreeMemory } = options
  const needed = mebibytes + reserve
  const { total } = read()
  if (total < needed) {
    const hint = 'lower machine.memory in family.yaml, or raise the memory limit of the container'
    throw new MissingError(
      `A machine of ${mebibytes} MiB needs ${needed} MiB of memory, but this computer or its container has only ${total} MiB`,
      {
        hint,
      },
    )
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
          hint: 'build fewer families in parallel: --parallel',
        },
      )
    }
  }
}

function readFreeMemory(): Memory {
  const { total, available } = readMemory()
  return { total, available: Math.max(0, available - readPromisedMemory()) }
}
