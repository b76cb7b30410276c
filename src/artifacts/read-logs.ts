import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MissingError, messageOf, UsageError } from '../core/errors.ts'
import { findJson } from '../core/write-file.ts'
import { artifactsPath } from '../model/artifacts.ts'
import { buildFiles, logFile } from '../model/build-folder.ts'
import type { BuildRecord } from '../model/record.ts'
import { stepNames } from '../model/step.ts'
import { openStore, placeOf } from './open-store.ts'
import { type ArtifactsRoot, findRoot, parseRoot } from './root.ts'

/** The log of a step. */
export interface BuildLog {
  /** Relative to the build folder. */
  readonly name: string
  readonly text: string
}

const patienceMs = 60_000

/**
 * The logs of a build in the order of its steps: from its folder on this computer, else from its artifacts. A build that ended before its
 * first step has none. Throws MissingError if they are on another computer only.
 */
export async function readLogs({ record, folder }: { record: BuildRecord; folder: string }, backend: string): Promise<BuildLog[]> {
  const isHere = findJson<BuildRecord>(join(folder, buildFiles.record))?.build === record.build
  if (isHere) return readEach((name) => readFile(join(folder, name)).catch(() => undefined))
  const places = findPlaces(record, backend)
  const problems: unknown[] = []
  for (const root of places) {
    try {
      const store = await openStore(root, artifactsPath(record))
      const logs = await readEach((name) => store.find(name, AbortSignal.timeout(patienceMs)))
      if (logs.length > 0) return logs
    } catch (error) {
      if (error instanceof UsageError) throw error
      problems.push(error)
    }
  }
  throw explain(record, places, problems)
}

async function readEach(find: (name: string) => Promise<Buffer | undefined>): Promise<BuildLog[]> {
  const logs = await Promise.all(
    stepNames.map(logFile).map(async (name) => {
      const text = (await find(name))?.toString()
      return text === undefined ? [] : [{ name, text }]
    }),
  )
  return logs.flat()
}

/** The places to look in: the one of the record, and the one of this computer, where a folder of the record may have another path. */
function findPlaces(record: BuildRecord, backend: string): ArtifactsRoot[] {
  const here = findRoot(backend)
  const recorded = findRecorded(record, here)
  const places = [recorded, here].flatMap((root) => root ?? [])
  const path = artifactsPath(record)
  return places.filter((root, index) => places.findIndex((each) => placeOf(each, path) === placeOf(root, path)) === index)
}

/**
 * The place of the record. It must end with the folder of this build, so that a forged record cannot name other files. Which server a bucket
 * is on is a setting of this computer: a forged record could name one that collects requests.
 */
function findRecorded(record: BuildRecord, here: ArtifactsRoot | undefined): ArtifactsRoot | undefined {
  const end = `/${artifactsPath(record)}`
  const at = record.artifacts?.at
  if (at === undefined) return undefined
  const isPlace = at.endsWith(end) && (at.startsWith('/') || /^s3:\/\/[^?#]*$/.test(at)) && !at.split('/').includes('..')
  if (isPlace) {
    const root = parseRoot(at.slice(0, -end.length) || '/')
    return 'bucket' in root && here && 'bucket' in here ? { ...root, settings: here.settings } : root
  }
  throw new UsageError(
    `Expected the record of ${record.family} ${record.version} to name a folder of this build, got ${JSON.stringify(at)}`,
    {
      hint: 'the record is damaged: do not use it',
    },
  )
}

function explain(record: BuildRecord, places: readonly ArtifactsRoot[], problems: readonly unknown[]): MissingError {
  const what = `the logs of ${record.family} ${record.version}`
  if (places.length === 0) {
    return new MissingError(`Only the computer that built it has ${what}`, {
      hint: 'for later builds, set BAKEHOUSE_ARTIFACTS on all computers',
    })
  }
  const where = places.map((root) => placeOf(root, artifactsPath(record))).join(' and ')
  if (problems.length === 0) {
    return new MissingError(`There are no logs in ${where}: the build ended before its first step, or it was interrupted`, {
      hint: 'the computer that built it may have them',
    })
  }
  return new MissingError(`Cannot read ${what} in ${where}: ${problems.map(messageOf).join('; ')}`, {
    hint: 'check credentials, region and permissions (s3:GetObject), or the rights of the folder',
    cause: problems[0],
  })
}
