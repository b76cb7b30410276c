import { messageOf } from '../core/errors.ts'
import type { Reaped, ReapOptions } from '../model/leftover.ts'

/** Removes one orphaned resource; with `dryRun`, removes nothing. An error is part of the result and is not thrown. */
export async function removeLeftover(leftover: Omit<Reaped, 'action'>, options: ReapOptions, remove: () => Promise<void>): Promise<Reaped> {
  if (options.dryRun) return { ...leftover, action: 'would-remove' }
  try {
    await remove()
    return { ...leftover, action: 'removed' }
  } catch (error) {
    return { ...leftover, action: 'failed', why: messageOf(error) }
  }
}
