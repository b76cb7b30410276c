import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { homeFolder } from '../core/paths.ts'
import { isRunning, type ProcessIdentity } from '../core/process-identity.ts'
import type { BuildRecord } from '../records/record.ts'

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

/** The records, newest first, with those as abandoned that still say that they run while no process bakes their family. */
export function markAbandoned(records: readonly BuildRecord[], running: ReadonlySet<string>): BuildRecord[] {
  const seen = new Set<string>()
  return records.map((record) => {
    if (record.status !== 'running') return record
    // One process bakes a family at a time: of several that say so, the newest is its build.
    const isIts = running.has(record.family) && !seen.has(record.family)
    seen.add(record.family)
    return isIts ? record : { ...record, status: 'abandoned' }
  })
}
