import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../core/errors.ts'
import { buildFolder, homeFolder } from '../core/paths.ts'
import type { BuildRecord, DamagedRecord, History } from '../model/record.ts'
import { readRecord } from './store.ts'

/** The builds of a family, or of all families, newest first. Reads synchronously, which is faster for many small files. */
export async function readHistory(family?: string): Promise<History> {
  const families = family === undefined ? listFolders(join(homeFolder(), 'builds')) : [family]
  const builds = families.flatMap((name) => listFolders(join(homeFolder(), 'builds', name)).map((version) => readBuild(name, version)))
  return {
    records: builds.flatMap((each) => ('problem' in each ? [] : [each])).sort((left, right) => (left.startedAt < right.startedAt ? 1 : -1)),
    damaged: builds.flatMap((each) => ('problem' in each ? [each] : [])),
  }
}

/** The records that are not damaged, newest first. */
export async function listRecords(family?: string): Promise<readonly BuildRecord[]> {
  return (await readHistory(family)).records
}

function readBuild(family: string, version: string): BuildRecord | DamagedRecord {
  try {
    return readRecord(buildFolder(family, version))
  } catch (error) {
    return { family, version, problem: messageOf(error) }
  }
}

function listFolders(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
}

/**
 * The records that `read` returns, with the status `interrupted` for builds whose process does not exist any more. `findRunning`: which of
 * these families are in work. A build writes its end into its record before it gives its lock back. So those records are read again
 * after the locks; else a build that ends in between would count as interrupted.
 */
export async function settleRecords(
  read: () => Promise<readonly BuildRecord[]>,
  findRunning: (families: readonly string[]) => Promise<ReadonlySet<string>>,
): Promise<BuildRecord[]> {
  const records = await read()
  const open = new Set(records.filter(({ status }) => status === 'running').map(({ family }) => family))
  if (open.size === 0) return [...records]
  const marked = markInterrupted(records, await findRunning([...open]))
  if (marked.every(({ status }, index) => status === records[index]?.status)) return marked
  const ends = new Map((await read()).filter(({ status }) => status !== 'running').map((record) => [keyOf(record), record]))
  return marked.map((record) => (record.status === 'interrupted' ? (ends.get(keyOf(record)) ?? record) : record))
}

/** What two records of the same build have in common. */
export function keyOf({ family, version, build }: BuildRecord): string {
  return `${family} ${version} ${build}`
}

/** Changes the status `running` to `interrupted` if no process builds the family. `records`: newest first; `running`: families in work. */
export function markInterrupted(records: readonly BuildRecord[], running: ReadonlySet<string>): BuildRecord[] {
  const seen = new Set<string>()
  return records.map((record) => {
    if (record.status !== 'running') return record
    // Only one process builds a family at a time. So only the newest record with the status `running` can be true.
    const isIts = running.has(record.family) && !seen.has(record.family)
    seen.add(record.family)
    return isIts ? record : { ...record, status: 'interrupted' }
  })
}
