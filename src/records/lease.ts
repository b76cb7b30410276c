import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MissingError } from '../core/errors.ts'
import { currentOwner, describeOwner, judgeOwner, type LockOwner } from '../core/lock-owner.ts'
import { homeFolder } from '../core/paths.ts'

/** The lease of a family in this project, and who took it. */
export interface TakenLease {
  readonly family: string
  readonly file: string
  readonly owner: LockOwner
}

/** All leases, those of processes that are gone as well. */
export async function readLeases(): Promise<readonly TakenLease[]> {
  const folder = join(homeFolder(), 'leases')
  const names = await readdir(folder).catch(() => [])
  return Promise.all(
    names.map(async (name) => {
      const file = join(folder, name)
      const owner = JSON.parse(await readFile(file, 'utf8').catch(() => '{"pid":0,"started":""}')) as LockOwner
      return { family: name.replace(/\.json$/, ''), file, owner }
    }),
  )
}

/** The families that a process bakes now, as far as can be told from here. */
export async function runningFamilies(): Promise<ReadonlySet<string>> {
  return new Set((await readLeases()).filter(({ owner }) => judgeOwner(owner) !== 'gone').map(({ family }) => family))
}

export interface Lease extends Disposable {
  readonly file: string
}

/**
 * The right of one process to bake a family in this project: the file backend's own locks stop nobody who breaks them.
 * Broken only when its owner is provably dead. Throws MissingError when another process holds it.
 */
export function acquireLease(family: string): Lease {
  const folder = join(homeFolder(), 'leases')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${family}.json`)
  for (let tries = 0; tries < 10; tries++) {
    if (tryWrite(file)) return { file, [Symbol.dispose]: () => rmSync(file, { force: true }) }
    const owner = findOwner(file)
    if (owner && judgeOwner(owner) !== 'gone') throw refuse(family, file, owner)
    rmSync(file, { force: true })
  }
  throw new MissingError(`The lease of ${family} could not be taken: ${file}`)
}

function refuse(family: string, file: string, owner: LockOwner): MissingError {
  const isElsewhere = judgeOwner(owner) === 'unknown'
  const where = isElsewhere ? `, on another computer or in another container: ${describeOwner(owner)}` : ''
  const hint = isElsewhere ? `wait for it; if it is gone, delete ${file}` : `wait for it, or stop it with: kill -INT ${owner.pid}`
  return new MissingError(`${family} is being baked by another process (pid ${owner.pid})${where}`, { hint })
}

function tryWrite(file: string): boolean {
  try {
    writeFileSync(file, JSON.stringify(currentOwner()), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function findOwner(file: string): LockOwner | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as LockOwner
  } catch {
    return undefined
  }
}
