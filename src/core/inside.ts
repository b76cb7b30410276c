import { readdirSync, realpathSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import { UsageError } from './errors.ts'

/**
 * The path of a file or folder in the folder of a family. Symbolic links may lead to folders of other families, but not elsewhere, because
 * the content of suites and secrets is sent to machines. Throws UsageError. The file need not exist.
 */
export function resolveInside(folder: string, file: string): string {
  const why = findStray(folder, file)
  if (why === undefined) return join(folder, file)
  throw new UsageError(`expected a path inside the family folder, got "${file}"${why}`, {
    hint: 'copy the file into the folder of the family; a secret can also come from an environment variable',
  })
}

/** Like `resolveInside`; also checks everything in the folder. */
export function resolveTreeInside(folder: string, file: string): string {
  const path = resolveInside(folder, file)
  for (const entry of listFolder(path))
    if (entry.isSymbolicLink()) resolveInside(folder, relative(folder, join(entry.parentPath, entry.name)))
  return path
}

/** If the path is outside the family: an empty text, or the target of its link. Undefined if it is inside. */
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
