import { familySchema } from '../../src/family/schema.ts'
import type { Family } from '../../src/model/family.ts'
import { familyOf } from '../../src/model/family-file.ts'

/** A family with these fields of a family file, and defaults for the others. */
export function makeFamily(fields: object, { name = 'tiny', folder = '/nowhere' }: Partial<Pick<Family, 'name' | 'folder'>> = {}): Family {
  return familyOf(familySchema.parse({ base: { debian: 'bookworm' }, ...fields }), { name, folder })
}
