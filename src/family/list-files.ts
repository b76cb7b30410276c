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

/** Paths of all files below a folder, sorted by code unit in every locale. Follows links; leaves out caches of tools. */
export function listFiles(folder: string): string[] {
  return listBelow(folder, '', [realpathSync(folder)]).sort()
}

function listBelow(folder: string, below: string, around: readonly string[]): string[] {
  return readdirSync(join(folder, below)).flatMap((name) => {
    if (caches.has(name) || cacheFiles.test(name)) return []
    const path = below ? `${below}/${name}` : name
    const found = statSync(join(folder, path), { throwIfNoEntry: false })
    if (!found?.isDirectory()) return !found || found.isFile() ? [path] : []
    const real = realpathSync(join(folder, path))
    return around.includes(real) ? [] : listBelow(folder, path, [...around, real])
  })
}
