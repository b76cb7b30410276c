import { accessSync, constants, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { currentOwner, judgeOwner, type LockOwner } from './lock-owner.ts'
import { isTrusted } from './owner.ts'

const prefix = 'bh-'
const ownerFile = 'owner.json'

/** Where files with secrets are for a moment: in memory if this computer has /dev/shm. */
function memoryFolder(): string {
  try {
    accessSync('/dev/shm', constants.W_OK | constants.X_OK)
    return '/dev/shm'
  } catch {
    return tmpdir()
  }
}

/** Makes a folder for files with secrets, which only this user can read. The caller removes it; after a SIGKILL, the next call does. */
export function makeSecretFolder(parent = memoryFolder()): string {
  removeDeadFolders(parent)
  const folder = mkdtempSync(join(parent, prefix))
  writeFileSync(join(folder, ownerFile), JSON.stringify(currentOwner()), { mode: 0o600 })
  return folder
}

/** Removes the folders of this user whose process has ended without removing them. Returns their paths. */
export function removeDeadFolders(parent = memoryFolder()): string[] {
  const folders = findNames(parent).map((name) => join(parent, name))
  return folders.filter((folder) => {
    if (!isOwnFolder(folder) || !hasEnded(folder)) return false
    rmSync(folder, { recursive: true, force: true })
    return true
  })
}

function findNames(parent: string): string[] {
  try {
    return readdirSync(parent).filter((name) => name.startsWith(prefix))
  } catch {
    return []
  }
}

/** Root removes only its own: what others put there is not read. */
function isOwnFolder(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false })
  return found !== undefined && isTrusted(folder) && found.isDirectory() && found.uid === process.getuid?.()
}

/** A folder without an owner is from an earlier version, or is being made: it is left alone for a day. */
function hasEnded(folder: string): boolean {
  try {
    return judgeOwner(JSON.parse(readFileSync(join(folder, ownerFile), 'utf8')) as LockOwner) === 'gone'
  } catch {
    const found = lstatSync(folder, { throwIfNoEntry: false })
    return found !== undefined && Date.now() - found.mtimeMs > 24 * 60 * 60 * 1000
  }
}
