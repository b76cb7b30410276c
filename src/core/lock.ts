import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { holdLockFile, isLockFileOld } from './lock-file.mjs'
import { currentOwner, describeOwner, judgeOwner, type LockOwner, parseOwner } from './lock-owner.ts'

/** Reports the current task of a step, as one short text. */
export type Report = (text: string) => void

/** Runs `action` while this process holds the lock `file`. Waits while another process holds it, and reports that. */
export async function withLock<T>(file: string, report: Report, action: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(file), { recursive: true })
  const holder = {
    owner: JSON.stringify(currentOwner()),
    isOver: (text: string) => isOver(file, parseOwner(text)),
    onWait(text = '') {
      const owner = parseOwner(text)
      report(`waiting for another set-up that is running (${owner ? describeOwner(owner) : 'unknown'})`)
    },
  }
  return holdLockFile(file, holder, action)
}

/**
 * Whether the owner of a lock has ended. If it is on another computer, or cannot be read, it counts as ended when it has not renewed the
 * lock.
 */
function isOver(file: string, owner: LockOwner | undefined): boolean {
  const state = owner ? judgeOwner(owner) : 'unknown'
  return state === 'unknown' ? isLockFileOld(file) : state === 'gone'
}
