import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

// A user's PATH often lacks these, and the disk tools live there.
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/** The absolute path of a command, also from the folders for administrators. */
export function findCommand(name: string, path = process.env.PATH ?? ''): string | undefined {
  return [...path.split(delimiter), ...systemFolders].map((folder) => join(folder, name)).find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}
