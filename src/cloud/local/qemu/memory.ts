import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { MissingError } from '../../../core/errors.ts'

const mebibyte = 1024 * 1024
/** What QEMU takes beside the guest's memory, and what the rest of the machine keeps; MiB. */
const reserve = 512

/**
 * Waits until this machine has the memory for one more guest, so that many builds queue rather than die.
 * Throws MissingError when it never can, or has not within `timeoutMs`.
 */
export async function waitForMemory(mebibytes: number, options: { timeoutMs: number; signal: AbortSignal }): Promise<void> {
  const needed = mebibytes + reserve
  if (totalmem() / mebibyte < needed) {
    throw new MissingError(
      `A machine of ${mebibytes} MiB needs ${needed} MiB of memory, this computer has ${Math.floor(totalmem() / mebibyte)} MiB`,
      {
        hint: 'lower machine.memory in family.yaml',
      },
    )
  }
  const deadline = Date.now() + options.timeoutMs
  while (availableMemory() < needed) {
    if (Date.now() > deadline) {
      throw new MissingError(
        `Waited ${Math.round(options.timeoutMs / 1000)} s for ${needed} MiB of free memory, there are ${availableMemory()} MiB`,
        {
          hint: 'bake fewer families at once',
        },
      )
    }
    await sleep(500, undefined, { signal: options.signal })
  }
}

/** MiB that can be had without swapping. */
function availableMemory(): number {
  try {
    const found = /^MemAvailable:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'))
    return found ? Math.floor(Number(found[1]) / 1024) : Number.POSITIVE_INFINITY
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
