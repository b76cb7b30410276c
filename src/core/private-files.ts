import { chmodSync, lstatSync } from 'node:fs'
import { cacheFolder, homeFolder } from './paths.ts'

/**
 * Makes all files of this process and its children unreadable for other users, and closes the home and cache folders to them. Disks, logs
 * and saved memory of machines contain secrets.
 */
export function keepFilesPrivate(): void {
  process.umask(0o077)
  for (const folder of [homeFolder(), cacheFolder()]) closeFolder(folder)
}

/** Sets the mode of a folder to 0700. Does nothing if the folder does not exist, cannot exist, or belongs to another user. */
function closeFolder(folder: string): void {
  try {
    const found = lstatSync(folder)
    if (found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) !== 0) chmodSync(folder, 0o700)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (!['ENOENT', 'ENOTDIR'].includes(code)) throw error
  }
}
