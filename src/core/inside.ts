import { readdirSync, realpathSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import { UsageError } from './errors.ts'

/**
 * The path of a file or folder that a family names, which must be in the family's folder. Links may lead to other families, which
 * share files that way, and nowhere else: what a suite or a secret names is sent to a machine. Throws UsageError. A file that is
 * not there is no trouble of this function.
 */
export function resolveInside(folder: string, file: string): string {
  const why = findStray(folder, file)
  if (why === undefined) return join(folder, file)
  throw new UsageError(`expected a path inside the family folder, got "${file}"${why}`, {
    hint: 'copy the file into the folder of the family; a secret can also come from an environment variable',
  })
}

/** The same for a folder and all that is in it. */
export function resolveTreeInside(folder: string, file: string): string {
  const path = resolveInside(folder, file)
  for (const entry of listFolder(path))
    if (entry.isSymbolicLink()) resolveInside(folder, relative(folder, join(entry.parentPath, entry.name)))
  return path
}

/** Why a path is not one of the family: nothing to add, or where its link leads; undefined when it is one. */
export function findStray(folder: string, file: string): string | undefined {
  const path = join(folder, file)
  if (isAbsolute(file) || !isWithin(folder, path)) return ''
  const real = findReal(path)
  if (real === undefined) return undefined
  const around = [folder, dirname(folder)].flatMap((each) => findReal(each) ?? [])
  return around.some((each) => isWithin(each, real)) ? undefined : `, a link to ${real}`
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

function findReal(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}

function listFolder(path: string) {
  try {
    return readdirSync(path, { recursive: true, withFileTypes: true })
  } catch {
    return []
  }
}
