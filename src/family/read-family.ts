import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cloudNames } from '../cloud/clouds.ts'
import { messageOf, UsageError } from '../core/errors.ts'
import { familyFile } from '../core/find-project.ts'
import { playbooksFolder } from '../core/paths.ts'
import { projectCommandLine } from '../core/program.ts'
import { didYouMean } from '../core/suggest.ts'
import { type Family, findBaseFamily } from '../model/family.ts'
import { type FamilyFile, familyOf } from '../model/family-file.ts'
import { checkFamily } from './check-family.ts'
import { displayPath } from './display-path.ts'
import { fillBase } from './fill-base.ts'
import { familyNames, requireFamilyName } from './names.ts'
import { parseFamily } from './parse-family.ts'
import { readFamilyDefaults } from './project-file.ts'

/**
 * The family of that name with all defaults; `cloud` overrides the cloud in its file. Throws UsageError if there is no such family,
 * and `file:line:column: expected …, got …` for each problem in its file, in the files it names and in its parent families.
 */
export async function readFamily(name: string, options: { readonly cloud?: string } = {}): Promise<Family> {
  requireCloud(options.cloud)
  const family = await readOne(name, options.cloud)
  await refuseCircle(family)
  return family
}

/** Every family of the project, sorted by name: the family, or the error of its file. */
export async function listFamilies(): Promise<{ name: string; family?: Family; error?: unknown }[]> {
  return Promise.all(
    familyNames().map(async (name) => {
      try {
        return { name, family: await readFamily(name) }
      } catch (error) {
        return { name, error }
      }
    }),
  )
}

async function readOne(name: string, cloud?: string): Promise<Family> {
  const folder = join(playbooksFolder(), name)
  const path = join(folder, familyFile)
  const { file: written, document } = parseFamily(await readBytes(name, path), displayPath(path), readFamilyDefaults())
  const file = { ...written, cloud: cloud ?? written.cloud }
  const { base, problems: unfilled } = fillBase(file)
  const family = familyOf({ ...withRequirements(file, folder), base }, { name, folder })
  const problems = [...checkFamily(family), ...unfilled]
  if (problems.length > 0) throw document.error(problems)
  return family
}

async function readBytes(name: string, path: string): Promise<Buffer> {
  requireFamilyName(name)
  try {
    return await readFile(path)
  } catch (cause) {
    throw unreadable(name, path, cause)
  }
}

function unreadable(name: string, path: string, cause: unknown): UsageError {
  if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') {
    return new UsageError(`${displayPath(path)}:1:1: expected a readable file, got ${messageOf(cause)}`, { cause })
  }
  if (existsSync(join(path, '..'))) {
    return new UsageError(`${displayPath(join(path, '..'))} has no ${familyFile}`, {
      cause,
      hint: `write that file, or create a family in a new folder: ${projectCommandLine('init', '<family>')}`,
    })
  }
  const names = familyNames()
  const hint = didYouMean(name, names) ?? `create it: ${projectCommandLine('init', name)}`
  return new UsageError(`Expected a family (${names.join(', ') || 'none exists yet'}), got "${name}"`, { cause, hint })
}

/** `configure.requirements` defaults to requirements.yml, if that file exists. */
function withRequirements(file: FamilyFile, folder: string): FamilyFile {
  if (file.configure.requirements !== undefined || !existsSync(join(folder, 'requirements.yml'))) return file
  return { ...file, configure: { ...file.configure, requirements: 'requirements.yml' } }
}

async function refuseCircle(family: Family): Promise<void> {
  const seen = [family.name]
  for (let next = findBaseFamily(family.base); next !== undefined; next = findBaseFamily((await readOne(next)).base)) {
    if (seen.includes(next)) {
      throw new UsageError(
        `Expected a base that does not depend on ${family.name}, got a circle of families: ${[...seen, next].join(' → ')}`,
        { hint: 'change base in one of these family files' },
      )
    }
    seen.push(next)
  }
}

function requireCloud(cloud: string | undefined): void {
  if (cloud === undefined || cloudNames.includes(cloud)) return
  throw new UsageError(`Expected a cloud (${cloudNames.join(', ')}), got "${cloud}"`, {
    hint: didYouMean(cloud, cloudNames) ?? `use one of these: ${cloudNames.join(', ')}`,
  })
}
