import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../core/errors.ts'
import { familyFile } from '../core/find-project.ts'
import { playbooksFolder } from '../core/paths.ts'
import { projectCommandLine } from '../core/program.ts'
import { didYouMean } from '../core/suggest.ts'

/** Valid names of families. They become part of the names of resources in every cloud. */
const familyNamePattern = /^[a-z][a-z0-9-]{0,62}$/

/** The names of the families of this project, sorted. Their files are not read. */
export function familyNames(): string[] {
  const folder = playbooksFolder()
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => familyNamePattern.test(name) && existsSync(join(folder, name, familyFile)))
    .sort()
}

/** Throws UsageError if this is no valid name of a family. */
export function requireFamilyName(name: string): void {
  if (familyNamePattern.test(name)) return
  throw new UsageError(`Expected the name of a family: lower-case letters, digits and dashes, starting with a letter, got "${name}"`, {
    hint: 'for example linux-web',
  })
}

/** Throws UsageError if there is no family of this name. */
export function requireFamily(family: string): void {
  const names = familyNames()
  if (names.includes(family)) return
  throw new UsageError(`Expected a family (${names.join(', ') || 'none exists yet'}), got "${family}"`, {
    hint: didYouMean(family, names) ?? `create it: ${projectCommandLine('init', family)}`,
  })
}
