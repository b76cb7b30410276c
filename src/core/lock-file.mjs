// A lock that is a file. Plain JavaScript, because set-up also uses it before it has found a Node that runs TypeScript.
import { randomBytes } from 'node:crypto'
import { linkSync, readFileSync, readlinkSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** After this time without renewal, the lock of another computer or container counts as orphaned, in ms. */
const renewedWithin = 120_000
const renewEvery = 10_000

/**
 * Runs `action` while this process holds the lock `file`, which then contains the text `owner`. While another process holds it, `isOver`
 * says by the text of that one whether it has ended, and `onWait` is called every 100 ms if it has not.
 */
export async function holdLockFile(file, { owner, isOver, onWait }, action) {
  while (!createFile(file, owner)) {
    const other = findLockText(file)
    if (other !== undefined && isOver(other)) breakLockFile(file, other)
    else onWait(other)
    await sleep(100)
  }
  const renewing = setInterval(() => renew(file, owner), renewEvery)
  try {
    return await action()
  } finally {
    clearInterval(renewing)
    rmSync(file, { force: true })
  }
}

/** Whether the owner of a lock has not renewed it, by the clock of the file system. The clock of another computer may differ from this one. */
export function isLockFileOld(file) {
  const mine = nameAside(file)
  try {
    writeFileSync(mine, '')
    return statSync(mine).mtimeMs - statSync(file).mtimeMs > renewedWithin
  } catch {
    return false
  } finally {
    rmSync(mine, { force: true })
  }
}

/** The PID namespace of this process, each container has its own; empty if the system has none. */
export function readPidNamespace() {
  try {
    return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')
  } catch {
    return ''
  }
}

/** Creates a file. False if it exists. A hard link appears together with its content, so no process finds a part of the text. */
export function createFile(file, text, mode) {
  const mine = nameAside(file)
  writeFileSync(mine, text, { mode })
  try {
    linkSync(mine, file)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(mine, { force: true })
  }
}

/** Replaces the lock instead of setting its time, so that the time comes from the clock of the file system. A reader sees whole text. */
function renew(file, owner) {
  const aside = nameAside(file)
  try {
    if (findLockText(file) !== owner) return
    writeFileSync(aside, owner)
    renameSync(aside, file)
  } catch {
    // The next renewal tries again.
  }
}

/** Removes the lock of an owner that has ended. If another process has taken the lock in the meantime, puts that lock back. */
export function breakLockFile(file, owner) {
  const aside = nameAside(file)
  try {
    renameSync(file, aside)
    if (findLockText(aside) !== owner) linkSync(aside, file)
  } catch {
    // Another process has removed or replaced the lock.
  }
  rmSync(aside, { force: true })
}

/** Not the PID: processes of two containers that share the folder can have the same. */
function nameAside(file) {
  return `${file}.${randomBytes(6).toString('hex')}`
}

/** The text of a lock; undefined if no process holds it. */
export function findLockText(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
