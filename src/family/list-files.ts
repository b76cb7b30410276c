import { readdirSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Folders that tools create in the folder of a family. They are not part of the image. */
const caches = new Set([
  '__pycache__',
  '.pytest_cache',
  '.ansible',
  '.git',
  '.DS_Store',
  '.cache',
  '.mypy_cache',
  '.ruff_cache',
  '.vscode',
  '.idea',
])
const cacheFiles = /(\.py[co]|\.swp|\.retry|~)$/

/**
 * Paths of all files below a folder, sorted by code unit in every locale. Follows links; leaves out caches of tools. `isLenient`: also leaves
 * out what this user cannot read, instead of throwing.
 */
export function listFiles(folder: string, { isLenient = false } = {}): string[] {
  return listBelow({ folder, isLenient }, '', [realpathSync(folder)]).sort()
}

interface Listing {
  readonly folder: string
  readonly isLenient: boolean
}

function listBelow(listing: Listing, below: string, around: readonly string[]): string[] {
  const names = unlessUnreadable(listing, [], () => readdirSync(join(listing.folder, below)))
  return names.flatMap((name) => {
    if (caches.has(name) || cacheFiles.test(name)) return []
    const path = below ? `${below}/${name}` : name
    const found = unlessUnreadable(listing, undefined, () => statSync(join(listing.folder, path), { throwIfNoEntry: false }))
    if (!found?.isDirectory()) return !found || found.isFile() ? [path] : []
    const real = realpathSync(join(listing.folder, path))
    return around.includes(real) ? [] : listBelow(listing, path, [...around, real])
  })
}

function unlessUnreadable<Result>({ isLenient }: Listing, otherwise: Result, read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    if (isLenient) return otherwise
    throw error
  }
}
