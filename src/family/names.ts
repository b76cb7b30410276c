import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../core/errors.ts'
import { playbooksFolder } from '../core/paths.ts'
import { didYouMean } from '../core/suggest.ts'

/** The file that makes a folder under `playbooks/` a family. */
export const familyFile = 'family.yaml'

/** What a family may be called: it becomes part of names in every cloud. */
export const familyNamePattern = /^[a-z][a-z0-9-]{0,62}$/

/** The families of this project, sorted; only their names are looked at. */
export function familyNames(): string[] {
  const folder = playbooksFolder()
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => familyNamePattern.test(name) && existsSync(join(folder, name, familyFile)))
    .sort()
}

/** UsageError when there is no such family at all. */
export function requireFamily(family: string): void {
  const names = familyNames()
  if (names.includes(family)) return
  throw new UsageError(`Expected a family (${names.join(', ') || 'there is none yet'}), got "${family}"`, {
    hint: didYouMean(family, names) ?? '',
  })
}
