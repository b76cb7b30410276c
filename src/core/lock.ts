import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { currentOwner, describeOwner, judgeOwner, type LockOwner } from './lock-owner.ts'

/** After this time without renewal, the lock of another computer or container counts as orphaned, in ms. */
const renewedWithin = 120_000
const renewEvery = 10_000

/** Runs `action` while this process holds the lock `file`. Waits while another process holds it, and reports that. */
export async function withLock<T>(file: string, report: Report, action: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(file), { recursive: true })
  while (!tryLock(file)) {
    const text = findText(file)
    const owner = parseOwner(text ?? '')
    if (text !== undefined && isOver(file, owner)) breakLock(file, text)
    else report(`waiting for another set-up that is running (${owner ? describeOwner(owner) : 'unknown'})`)
    await sleep(100)
  }
  const renewing = setInterval(() => renew(file), renewEvery)
  try {
    return await action()
  } finally {
    clearInterval(renewing)
    rmSync(file, { force: true })
  }
}

/** The owner of a lock; undefined if its text is truncated. */
function parseOwner(text: string): LockOwner | undefined {
  try {
    return JSON.parse(text) as LockOwner
  } catch {
    return undefined
  }
}

/**
 * Whether the owner of a lock has ended. If it is on another computer, or cannot be read, it counts as ended when it has not renewed the
 * lock.
 */
function isOver(file: string, owner: LockOwner | undefined): boolean {
  const state = owner ? judgeOwner(owner) : 'unknown'
  return state === 'unknown' ? ageOf(file) > renewedWithin : state === 'gone'
}

/** The age of a file in ms, by the clock of the file system. The clock of another computer may differ from the one here. */
function ageOf(file: string): number {
  const mine = `${file}.${process.pid}.now`
  try {
    writeFileSync(mine, '')
    return statSync(mine).mtimeMs - statSync(file).mtimeMs
  } catch {
    return 0
  } finally {
    rmSync(mine, { force: true })
  }
}

/** Replaces the lock instead of setting its time, so that the time comes from the clock of the file system. A reader sees whole text. */
function renew(file: string): void {
  const aside = `${file}.${process.pid}.renewed`
  try {
    if (findText(file) !== ownerText()) return
    writeFileSync(aside, ownerText())
    renameSync(aside, file)
  } catch {
    // The next renewal tries again.
  }
}

function ownerText(): string {
  return JSON.stringify(currentOwner())
}

// A link appears together with its content, so a lock always has an owner.
function tryLock(file: string): boolean {
  const mine = `${file}.${process.pid}`
  writeFileSync(mine, ownerText())
  try {
    linkSync(mine, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(mine, { force: true })
  }
}

/** Removes the lock of a dead owner, and restores it if another process has taken it in the meantime. */
function breakLock(file: string, owner: string): void {
  const aside = `${file}.${process.pid}.dead`
  try {
    renameSync(file, aside)
    if (findText(aside) !== owner) linkSync(aside, file)
  } catch {
    // Another process was faster.
  }
  rmSync(aside, { force: true })
}

function findText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
/** Reports the current task of a step, as one short text. */
export type Report = (text: string) => void
