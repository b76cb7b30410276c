import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { cloudNames } from '../cloud/clouds.ts'
import { messageOf, UsageError } from '../core/errors.ts'
import { playbooksFolder } from '../core/paths.ts'
import { didYouMean } from '../core/suggest.ts'
import { type Family, findBaseFamily } from '../model/family.ts'
import { type FamilyFile, familyOf } from '../model/family-file.ts'
import { checkFamily } from './check-family.ts'
import { fillBase } from './fill-base.ts'
import { familyFile, familyNamePattern, familyNames } from './names.ts'
import { parseFamily } from './parse-family.ts'

/**
 * The family of that name, all defaults filled in; `cloud` overrides the family's own. Throws UsageError: no such family, or
 * `file:line:column: expected …, got …` for whatever is wrong in its file, the files it names and the families it starts from.
 */
export async function readFamily(name: string, options: { readonly cloud?: string } = {}): Promise<Family> {
  requireCloud(options.cloud)
  const family = await readOne(name, options.cloud)
  await refuseCircle(family)
  return family
}

/** Every family of the project, in order of name: the family, or what is wrong with it. */
export async function listFamilies(): Promise<{ name: string; family?: Family; problem?: string }[]> {
  return Promise.all(
    familyNames().map(async (name) => {
      try {
        return { name, family: await readFamily(name) }
      } catch (error) {
        return { name, problem: messageOf(error) }
      }
    }),
  )
}

async function readOne(name: string, cloud?: string): Promise<Family> {
  const folder = join(playbooksFolder(), name)
  const path = join(folder, familyFile)
  const { file: written, document } = parseFamily(await readBytes(name, path), displayPath(path))
  const file = { ...written, cloud: cloud ?? written.cloud }
  const { base, problems: unfilled } = fillBase(file)
  const family = familyOf({ ...withRequirements(file, folder), base }, { name, folder })
  const problems = [...checkFamily(family), ...unfilled]
  if (problems.length > 0) throw document.error(problems)
  return family
}

async function readBytes(name: string, path: string): Promise<Buffer> {
  if (!familyNamePattern.test(name)) {
    throw new UsageError(`Expected the name of a family: lower-case letters, digits and dashes, starting with a letter, got "${name}"`)
  }
  try {
    return await readFile(path)
  } catch (cause) {
    throw unreadable(name, path, cause)
  }
}

function unreadable(name: string, path: string, cause: unknown): UsageError {
  if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') {
    return new UsageError(`${displayPath(path)}:1:1: expected a file that can be read, got ${messageOf(cause)}`, { cause })
  }
  if (existsSync(join(path, '..'))) {
    return new UsageError(`Expected ${displayPath(path)}, got a folder without it`, {
      cause,
      hint: 'bakehouse init writes one to start from',
    })
  }
  const names = familyNames()
  const hint = didYouMean(name, names) ?? `bakehouse init ${name} makes a new one`
  return new UsageError(`Expected a family (${names.join(', ') || 'there is none yet'}), got "${name}"`, { cause, hint })
}

/** Ansible's own place for requirements is taken where the family names none. */
function withRequirements(file: FamilyFile, folder: string): FamilyFile {
  if (file.configure.requirements !== undefined || !existsSync(join(folder, 'requirements.yml'))) return file
  return { ...file, configure: { ...file.configure, requirements: 'requirements.yml' } }
}

async function refuseCircle(family: Family): Promise<void> {
  const seen = [family.name]
  for (let next = findBaseFamily(family.base); next !== undefined; next = findBaseFamily((await readOne(next)).base)) {
    if (seen.includes(next)) {
      throw new UsageError(`Expected ${family.name} to start from a base, got a circle of families: ${[...seen, next].join(' → ')}`)
    }
    seen.push(next)
  }
}

function requireCloud(cloud: string | undefined): void {
  if (cloud === undefined || cloudNames.includes(cloud)) return
  throw new UsageError(`Expected a cloud (${cloudNames.join(', ')}), got "${cloud}"`, { hint: didYouMean(cloud, cloudNames) ?? '' })
}

/** A path as the user would type it: relative, where that does not lead upwards. */
function displayPath(path: string): string {
  const near = relative(process.cwd(), path)
  return near.startsWith('..') ? path : near
}
