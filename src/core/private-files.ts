import { chmodSync, lstatSync } from 'node:fs'
import { cacheFolder, homeFolder } from './paths.ts'

/**
 * From now on, nobody else on this computer can read what this process and its children write, nor what the folders of the project and the
 * cache hold already: disks, logs and memory of machines have secrets in them. Every program of ours calls it first.
 */
export function keepFilesPrivate(): void {
  process.umask(0o077)
  for (const folder of [homeFolder(), cacheFolder()]) closeFolder(folder)
}

/** Folders that are not there, or that another user owns, are left alone. */
function closeFolder(folder: string): void {
  try {
    const found = lstatSync(folder)
    if (found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) !== 0) chmodSync(folder, 0o700)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
