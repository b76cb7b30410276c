import { UsageError } from './errors.ts'

/** Parses the value of an option as a whole number of at least `least`. Throws UsageError. */
export function parseCount(option: string, text: string, least = 1): number {
  const count = Number(text)
  if (/^\d{1,6}$/.test(text) && count >= least) return count
  throw new UsageError(`Expected ${option} to be a whole number from ${least} on, got "${text}"`, {
    hint: `for example: ${option} ${least + 1}`,
  })
}
