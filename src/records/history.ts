import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import pLimit from 'p-limit'
import { messageOf } from '../core/errors.ts'
import { buildFolder, homeFolder } from '../core/paths.ts'
import { type BuildRecord, readRecord } from './record.ts'

/** A build whose record cannot be read. */
export interface DamagedRecord {
  readonly family: string
  readonly version: string
  readonly problem: string
}

export interface History {
  /** Newest first. */
  readonly records: readonly BuildRecord[]
  readonly damaged: readonly DamagedRecord[]
}

const openAtOnce = 64

/** The builds of a family, or of all. */
export async function readHistory(family?: string): Promise<History> {
  const families = family === undefined ? await listFolders(join(homeFolder(), 'builds')) : [family]
  const limit = pLimit(openAtOnce)
  const builds = await Promise.all(
    families.map(async (name) => {
      const versions = await listFolders(join(homeFolder(), 'builds', name))
      return Promise.all(versions.map((version) => limit(() => readBuild(name, version))))
    }),
  )
  const all = builds.flat()
  return {
    records: all.flatMap((each) => ('problem' in each ? [] : [each])).sort((left, right) => (left.startedAt < right.startedAt ? 1 : -1)),
    damaged: all.flatMap((each) => ('problem' in each ? [each] : [])),
  }
}

/** The records that can be read, newest first. */
export async function listRecords(family?: string): Promise<readonly BuildRecord[]> {
  return (await readHistory(family)).records
}

/** The newest promoted build of a family; undefined when there is none. */
export function findLatestGoodRecord(records: readonly BuildRecord[], family: string): BuildRecord | undefined {
  const promoted = records.filter((record) => record.family === family && record.status === 'promoted')
  return promoted.sort((left, right) => ((left.image?.promotedAt ?? '') < (right.image?.promotedAt ?? '') ? 1 : -1))[0]
}

async function readBuild(family: string, version: string): Promise<BuildRecord | DamagedRecord> {
  try {
    return await readRecord(buildFolder(family, version))
  } catch (error) {
    return { family, version, problem: messageOf(error) }
  }
}

async function listFolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
}
