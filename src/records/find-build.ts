import { existsSync } from 'node:fs'
import { UsageError } from '../core/errors.ts'
import { buildFolder } from '../core/paths.ts'
import { stateCommandLine } from '../core/program.ts'
import { didYouMean } from '../core/suggest.ts'
import type { BuildRecord, History } from '../model/record.ts'
import { readRecord } from './store.ts'

/**
 * The record and the build folder of a version; of the newest build if no version is given. The folder may not exist. Returns undefined if the family has no
 * builds. Throws UsageError if the family has builds but not this version, or if the record is damaged.
 */
export function findBuild(
  { records, damaged }: History,
  family: string,
  version?: string,
): { record: BuildRecord; folder: string } | undefined {
  const chosen = version ?? records[0]?.version ?? damaged[0]?.version
  if (chosen === undefined) return undefined
  const folder = buildFolder(family, chosen)
  const known = records.find((record) => record.version === chosen)
  if (known) return { record: known, folder }
  if (!existsSync(folder)) {
    if (records.length === 0) return undefined
    throw refuseVersion(
      family,
      chosen,
      records.map((record) => record.version),
    )
  }
  return { record: readRecord(folder), folder }
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
