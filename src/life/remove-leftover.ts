import { messageOf } from '../core/errors.ts'
import type { Reaped, ReapOptions } from '../model/leftover.ts'

/** Removes one leftover, or only says so; what goes wrong is told, and stops nothing. */
export async function attempt(leftover: Omit<Reaped, 'action'>, options: ReapOptions, remove: () => Promise<void>): Promise<Reaped> {
  if (options.dryRun) return { ...leftover, action: 'would-remove' }
  try {
    await remove()
    return { ...leftover, action: 'removed' }
  } catch (error) {
    return { ...leftover, action: 'failed', why: messageOf(error) }
  }
}
