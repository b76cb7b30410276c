import { z } from 'zod'
import type { CloudSection } from '../../../src/cloud/descriptor.ts'
import { text } from '../../../src/core/schema.ts'
import type { Family } from '../../../src/model/family.ts'

const bases = { sheet: z.strictObject({ sheet: text }).describe('A sheet by its name (Paper).') }
const options = z.strictObject({ colour: z.enum(['white', 'yellow']).default('white') }).describe('Options for builds on Paper.')

/** The additions to the schema of `family.yaml`. */
export const section = { bases, options } satisfies CloudSection

/** The section `paper` of a family. */
export function optionsOf({ sections }: Pick<Family, 'sections'>): z.output<typeof options> {
  return sections.paper as z.output<typeof options>
}
