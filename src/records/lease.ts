import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MissingError } from '../core/errors.ts'
import { homeFolder } from '../core/paths.ts'
import { findProcess, isRunning, type ProcessIdentity } from '../core/process-identity.ts'

/** The lease of a family in this project, and who took it. */
export interface TakenLease {
  readonly family: string
  readonly file: string
  readonly owner: ProcessIdentity
}

/** All leases, those of processes that are gone as well. */
export async function readLeases(): Promise<readonly TakenLease[]> {
  const folder = join(homeFolder(), 'leases')
  const names = await readdir(folder).catch(() => [])
  return Promise.all(
    names.map(async (name) => {
      const file = join(folder, name)
      const owner = JSON.parse(await readFile(file, 'utf8').catch(() => '{"pid":0,"started":""}')) as ProcessIdentity
      return { family: name.replace(/\.json$/, ''), file, owner }
    }),
  )
}

/** The families that a living process bakes now. */
export async function runningFamilies(): Promise<ReadonlySet<string>> {
  return new Set((await readLeases()).filter(({ owner }) => isRunning(owner)).map(({ family }) => family))
}

export interface Lease extends Disposable {
  readonly file: string
}

/**
 * The right of one process to bake a family in this project: the file backend's own locks stop nobody who breaks them.
 * Broken only when its owner is provably dead. Throws MissingError when somebody else holds it.
 */
export function acquireLease(family: string): Lease {
  const folder = join(homeFolder(), 'leases')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${family}.json`)
  for (let tries = 0; tries < 10; tries++) {
    if (tryWrite(file)) return { file, [Symbol.dispose]: () => rmSync(file, { force: true }) }
    const owner = findOwner(file)
    if (owner && isRunning(owner)) {
      throw new MissingError(`${family} is being baked by another process (pid ${owner.pid})`, {
        hint: `wait for it, or stop it with: kill -INT ${owner.pid}`,
      })
    }
    rmSync(file, { force: true })
  }
  throw new MissingError(`The lease of ${family} could not be taken: ${file}`)
}

function tryWrite(file: string): boolean {
  try {
    writeFileSync(file, JSON.stringify(findProcess(process.pid)), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function findOwner(file: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity
  } catch {
    return undefined
  }
}
