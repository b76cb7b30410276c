import { UsageError } from '../core/errors.ts'

/** A whole number from 1 on, given to an option. */
export function parseCount(option: string, text: string, least = 1): number {
  const count = Number(text)
  if (/^\d{1,6}$/.test(text) && count >= least) return count
  throw new UsageError(`Expected ${option} to be a whole number from ${least} on, got "${text}"`)
}
