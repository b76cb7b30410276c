import { UsageError } from '../core/errors.ts'

/**
 * The name of the stack with an image of a family: the family stack, or a channel of the family, which is a stack with the same outputs.
 * The dot separates them, because neither a family nor a build stack has one before its version. Throws UsageError.
 */
export function imageStack(family: string, channel?: string): string {
  if (channel === undefined) return family
  if (/^[a-z][a-z0-9-]*$/.test(channel)) return `${family}.${channel}`
  throw new UsageError(`Expected the name of a channel: lower-case letters, digits and dashes, starting with a letter, got "${channel}"`, {
    hint: 'for example stable',
  })
}
