import { listFamilies } from '../bakehouse.ts'
import { UsageError } from '../core/errors.ts'
import { projectCommandLine } from '../core/program.ts'

/** The families of `--family`, which may contain commas, or all families of the project. Throws UsageError if there are none, or for both. */
export async function chooseFamilies(given: readonly string[] = [], { all }: { readonly all: boolean }): Promise<string[]> {
  const families = [...new Set(given.flatMap((text) => text.split(',')).map((text) => text.trim()))].filter(Boolean)
  if (families.length > 0 && all) throw new UsageError('Expected either --family or --all, got both', { hint: 'leave one of them out' })
  if (families.length > 0) return families
  const names = await listFamilies()
  if (all && names.length > 0) return [...names]
  throw new UsageError(all ? 'This project has no families' : 'Expected --family <name> or --all, got neither', {
    hint: names.length > 0 ? `choose from: ${names.join(', ')}` : `create the first family: ${projectCommandLine('init', '<family>')}`,
  })
}
