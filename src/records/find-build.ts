import { existsSync } from 'node:fs'
import { UsageError } from '../core/errors.ts'
import { buildFolder } from '../core/paths.ts'
import { stateCommandLine } from '../core/program.ts'
import { didYouMean } from '../core/suggest.ts'
import type { BuildRecord } from '../model/record.ts'
import { readCurrentHistory } from './history.ts'
import { readRecord } from './store.ts'

/**
 * The record and the build folder of a version; of the newest build if no version is given. Returns undefined if the family has no
 * builds. Throws UsageError if the family has builds but not this version, or if the record is damaged.
 */
export async function findBuild(family: string, version?: string): Promise<{ record: BuildRecord; folder: string } | undefined> {
  const { records, damaged } = await readCurrentHistory(family)
  const chosen = version ?? records[0]?.version ?? damaged[0]?.version
  if (chosen === undefined) return undefined
  const folder = buildFolder(family, chosen)
  if (!existsSync(folder)) {
    if (records.length === 0) return undefined
    throw refuseVersion(
      family,
      chosen,
      records.map((record) => record.version),
    )
  }
  const known = records.find((record) => record.version === chosen)
  return { record: known ?? readRecord(folder), folder }
}

/** The error for a family that has no builds. */
export function refuseBuild(family: string, version: string | undefined): UsageError {
  if (version !== undefined) return refuseVersion(family, version, [])
  return new UsageError(`${family} has no builds yet`, { hint: `build it: ${stateCommandLine('--family', family)}` })
}

function refuseVersion(family: string, version: string, versions: readonly string[]): UsageError {
  return new UsageError(`Expected a version of ${family} (${versions.slice(0, 5).join(', ') || 'it has none yet'}), got "${version}"`, {
    hint: didYouMean(version, versions) ?? `list the builds: ${stateCommandLine('history', family)}`,
  })
}
