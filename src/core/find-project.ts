import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** The file that makes a folder under `playbooks/` a family. */
export const familyFile = 'family.yaml'

/** The file with the settings that all families of a project share. It is in the folder of the project. */
export const projectFile = 'bakehouse.yaml'

/** The nearest folder with a project, from this folder upwards, as Git finds a repository; undefined if there is none. */
export function findProject(from: string): string | undefined {
  const folder = resolve(from)
  if (isProject(folder)) return folder
  const parent = dirname(folder)
  return parent === folder ? undefined : findProject(parent)
}

/** Whether a folder contains `playbooks/` with a family. */
function isProject(folder: string): boolean {
  return listFolders(join(folder, 'playbooks')).some((path) => existsSync(join(path, familyFile)))
}

function listFolders(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name))
  } catch {
    return []
  }
}
