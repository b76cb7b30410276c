import { mkdirSync, rmSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { MissingError } from '../core/errors.ts'
import { breakLockFile, createFile, findLockText } from '../core/lock-file.mjs'
import { currentOwner, describeOwner, judgeOwner, type LockOwner, parseOwner } from '../core/lock-owner.ts'
import { homeFolder } from '../core/paths.ts'

/** The build lock of a family in this project, with its owner. */
export interface HeldBuildLock {
  readonly family: string
  readonly file: string
  readonly owner: LockOwner
}

/** All build locks, including those of processes that have ended. Damaged ones are left out: the next build replaces them. */
export async function readBuildLocks(): Promise<readonly HeldBuildLock[]> {
  const folder = locksFolder()
  // A lock that is being taken is a file with another name for a moment.
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json'))
  return names.flatMap((name) => {
    const file = join(folder, name)
    const owner = parseOwner(findLockText(file) ?? '')
    return owner ? [{ family: name.replace(/\.json$/, ''), file, owner }] : []
  })
}

/** The families that are being built. If an owner cannot be checked from this computer, its family counts as being built. */
export async function runningFamilies(): Promise<ReadonlySet<string>> {
  return new Set((await readBuildLocks()).filter(({ owner }) => judgeOwner(owner) !== 'gone').map(({ family }) => family))
}

/** A build lock. Disposing it gives it back. */
export interface BuildLock extends Disposable {
  readonly file: string
}

/**
 * Takes the build lock of a family: only one process at a time builds a family of this project. The locks of Pulumi's file backend do
 * not ensure that, because users can cancel them. A lock of a process that has certainly ended is replaced. Throws MissingError if another
 * process holds it.
 */
export function acquireBuildLock(family: string): BuildLock {
  const folder = locksFolder()
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${family}.json`)
  for (let tries = 0; tries < 10; tries++) {
    if (createFile(file, JSON.stringify(currentOwner()))) return { file, [Symbol.dispose]: () => rmSync(file, { force: true }) }
    const text = findLockText(file)
    const owner = parseOwner(text ?? '')
    if (owner && judgeOwner(owner) !== 'gone') throw refuse(family, file, owner)
    if (text !== undefined) breakLockFile(file, text)
  }
  throw new MissingError(`The lock file of ${family} cannot be written: ${file}`, {
    hint: 'delete the file if no build of the family is running',
  })
}

/** The name of the folder never changes: older versions of Bakehouse, which may run at the same time, use it too. */
function locksFolder(): string {
  return join(homeFolder(), 'leases')
}

function refuse(family: string, file: string, owner: LockOwner): MissingError {
  const isElsewhere = judgeOwner(owner) === 'unknown'
  const where = isElsewhere ? `, on another computer or in another container: ${describeOwner(owner)}` : ''
  const hint = isElsewhere
    ? `wait until it ends; if it does not run any more, delete ${file}`
    : `wait until it ends, or stop it: kill -INT ${owner.pid}`
  return new MissingError(`${family} is being built by another process (pid ${owner.pid})${where}`, { hint })
}
