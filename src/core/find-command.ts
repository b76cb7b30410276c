import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

// The PATH of a user often lacks these folders, which contain the disk tools.
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/** The absolute path of a command. Also searches the folders for administrators. */
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
