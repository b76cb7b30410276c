import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findProcess, isRunning, type ProcessIdentity } from './process-identity.ts'

/** Does something that one process on this machine may do at a time; waits for the other one. */
export async function withLock<T>(file: string, report: Report, action: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(file), { recursive: true })
  while (!tryLock(file)) {
    const text = findText(file)
    const owner = text === undefined ? undefined : (JSON.parse(text) as ProcessIdentity)
    if (text !== undefined && owner && !isRunning(owner)) breakLock(file, text)
    else report(`waiting for another set-up that is at it (pid ${owner?.pid ?? 'unknown'})`)
    await sleep(100)
  }
  try {
    return await action()
  } finally {
    rmSync(file, { force: true })
  }
}

// A link appears with its content, so a lock is never without an owner.
function tryLock(file: string): boolean {
  const mine = `${file}.${process.pid}`
  writeFileSync(mine, JSON.stringify(findProcess(process.pid)))
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

/** Takes the lock away from a dead owner, and gives it back where somebody else has it by now. */
function breakLock(file: string, owner: string): void {
  const aside = `${file}.${process.pid}.dead`
  try {
    renameSync(file, aside)
    if (findText(aside) !== owner) linkSync(aside, file)
  } catch {
    // Somebody else was quicker.
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
/** Tells what a step is at now, one short text at a time. */
export type Report = (text: string) => void
