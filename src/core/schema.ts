import { z } from 'zod'

/** The words for `expected …` in an error, for schemas that need more than the name of their type. */
export const expectations = z.registry<{ expected: string }>()

// Schemas that family files, clouds and verifiers share.
const durationPattern = /^[1-9]\d{0,5}(s|m|h)$/
export const duration = matching(durationPattern, 'a duration such as 90s, 30m or 2h', 'A duration: a whole number and s, m or h.')
export const name = matching(/^[a-z][a-z0-9-]{0,62}$/, 'a name of lower-case letters, digits and dashes, starting with a letter')
export const sha256 = matching(/^[0-9a-f]{64}$/, 'a SHA-256 digest: 64 lower-case hexadecimal digits')
export const environmentVariable = matching(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable')
export const variableName = matching(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an Ansible variable: letters, digits and _')
export const file = z
  .string()
  .min(1)
  .describe('A path, relative to the family folder.')
  .register(expectations, { expected: 'a path, relative to the family folder' })
export const text = z.string().min(1).register(expectations, { expected: 'a text that is not empty' })
/** A list of texts. */
export const texts = z.array(text)

export const minimum = {
  minimumCases: z
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe('The suite fails if it runs fewer test cases. Default: as many as it ran for the latest good image.'),
}

/** A mapping with any keys and values. */
export const mapping = z.record(z.string(), z.unknown())

/** A file, a mapping, or a list of a file and a mapping. */
export function oneOrBoth(one: z.ZodString, other: typeof mapping) {
  const expected = 'a mapping, a path relative to the family folder, or a list of a path and a mapping'
  return z.union([other, one, z.tuple([one, other])]).register(expectations, { expected })
}

/** A text that matches a pattern. `expected` describes it in errors, `description` in the JSON Schema. */
export function matching(pattern: RegExp, expected: string, description = ''): z.ZodString {
  const schema = z.string().regex(pattern)
  return (description ? schema.describe(description) : schema).register(expectations, { expected })
}
