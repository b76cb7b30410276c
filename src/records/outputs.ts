import { UsageError } from '../core/errors.ts'

/** One output of a family stack, as a downstream program needs it. Throws UsageError when it is not there. */
export function requireOutput<T = string>(outputs: Readonly<Record<string, unknown>>, name: string): T {
  const value = outputs[name]
  if (value === undefined || value === null || value === '') {
    const there = Object.keys(outputs).join(', ') || 'none'
    throw new UsageError(`Expected the family stack to have an output "${name}", got: ${there}`, {
      hint: 'bake the family first: npm run bake -- --family <family>',
    })
  }
  return value as T
}
