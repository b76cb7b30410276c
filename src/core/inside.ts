import { type Dirent, readdirSync, realpathSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import { messageOf, UsageError } from './errors.ts'

/**
 * The path of a file or folder in the folder of a family, or in `common/` of its project. Symbolic links may also lead to folders of other
 * families, but not elsewhere, because the content of suites and secrets is sent to machines. Throws UsageError. The file need not exist.
 */
export function resolveInside(folder: string, file: string): string {
  const why = findStray(folder, file)
  if (why === undefined) return join(folder, file)
  throw new UsageError(`expected a path inside the family folder, got "${file}"${why}`, {
    hint: 'copy the file into the folder of the family, or into common/ of the project; a secret can also come from an environment variable',
  })
}

/** Like `resolveInside`; also checks everything in the folder, and in the folders that its links lead to. */
export function resolveTreeInside(folder: string, file: string): string {
  const path = resolveInside(folder, file)
  checkLinks(folder, path, new Set())
  return path
}

/** Checks each link before it follows it, so that it never reads a folder outside. */
function checkLinks(folder: string, path: string, checked: Set<string>): void {
  const real = findReal(path)
  if (real === undefined || checked.has(real)) return
  checked.add(real)
  for (const entry of listFolder(path)) {
    const inner = join(path, entry.name)
    if (entry.isSymbolicLink()) resolveInside(folder, relative(folder, inner))
    if (!entry.isFile()) checkLinks(folder, inner, checked)
  }
}

/** If the path is outside the family: an empty text, or the target of its link. Undefined if it is inside. */
export function findStray(folder: string, file: string): string | undefined {
  const path = join(folder, file)
  const common = join(folder, '../../common')
  if (isAbsolute(file) || ![folder, common].some((each) => isWithin(each, path))) return ''
  const real = findReal(path)
  if (real === undefined) return undefined
  const around = [folder, dirname(folder), common].flatMap((each) => findReal(each) ?? [])
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

function listFolder(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOTDIR') return []
    throw new UsageError(`cannot read the folder ${path}: ${messageOf(cause)}`, { cause })
  }
}
