import { lstatSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildFiles } from '../../model/build-folder.ts'

/** Removes the folder of control sockets of a build. The last step calls it. */
export function removeControlFolder(buildFolder: string): void {
  const folder = findControlFolder(buildFolder)
  if (folder) rmSync(folder, { recursive: true, force: true })
  rmSync(controlNote(buildFolder), { force: true })
}

/** A private folder for control sockets. Its path is short, because sockets allow about 100 characters. The build folder stores it. */
export function controlFolder(buildFolder: string): string {
  const found = findControlFolder(buildFolder)
  if (found) return found
  const made = mkdtempSync(join(tmpdir(), 'bh-'))
  writeFileSync(controlNote(buildFolder), made, { mode: 0o600 })
  return made
}

function findControlFolder(buildFolder: string): string | undefined {
  try {
    const folder = readFileSync(controlNote(buildFolder), 'utf8')
    const stat = lstatSync(folder)
    return stat.isDirectory() && stat.uid === process.getuid?.() && (stat.mode & 0o077) === 0 ? folder : undefined
  } catch {
    return undefined
  }
}

function controlNote(buildFolder: string): string {
  return join(buildFolder, buildFiles.steps, 'control-folder')
}
