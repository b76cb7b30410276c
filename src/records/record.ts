import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { UsageError } from '../core/errors.ts'
import type { Phase } from '../core/events.ts'
import type { BaseImage, SuiteResult } from '../core/model.ts'

export interface RecordedPhase {
  readonly phase: Phase
  readonly status: 'done' | 'failed' | 'skipped'
  /** ISO 8601. */
  readonly startedAt: string
  readonly durationMs: number
}

export interface RecordedTask {
  readonly phase: Phase
  readonly name: string
  readonly status: 'ok' | 'changed' | 'failed' | 'skipped' | 'unreachable'
  readonly durationMs: number
}

/** The promoted image, as the family stack has it. */
export interface RecordedImage {
  readonly imageId: string
  readonly imageName: string
  readonly digest: string
  readonly region: string
  readonly imagesByRegion: Readonly<Record<string, string>>
  readonly imagePath?: string
  readonly promotedAt: string
  readonly previousVersion: string
}

/** All that is kept of one build, whatever became of it. Everything in it is redacted before it gets here. */
export interface BuildRecord {
  readonly schemaVersion: 1
  readonly family: string
  readonly version: string
  readonly build: string
  readonly cloud: string
  /** `abandoned` is never written: it is what is said of a build that its record leaves running while its process is gone. */
  readonly status: 'running' | 'promoted' | 'failed' | 'cancelled' | 'abandoned'
  /** ISO 8601. */
  readonly startedAt: string
  /** Absent while the build runs, or when it was killed. */
  readonly endedAt?: string
  readonly durationMs: number
  readonly phases: readonly RecordedPhase[]
  readonly tasks: readonly RecordedTask[]
  readonly suites: readonly SuiteResult[]
  readonly base?: BaseImage
  /** Digest of everything that went in. */
  readonly inputsDigest?: string
  readonly image?: RecordedImage
  readonly error?: { readonly phase?: Phase; readonly message: string; readonly hint?: string }
  /** Tool name → version: bakehouse, node, pulumi, ansible-core, mitogen, pytest-testinfra. */
  readonly tools: Readonly<Record<string, string>>
  readonly sourceCommit: string
  readonly buildStack: string
  /** ISO 8601: how long what `--keep` kept of it may stay. */
  readonly keptUntil?: string
  /** Suites that passed against the unconfigured base (`--prove`): they prove nothing. */
  readonly provesNothing?: readonly string[]
}

export const recordFile = 'record.json'

/** Writes the record of a build folder: aside, flushed, then renamed, so that a reader sees the old one or the new one. */
export async function writeRecord(buildFolder: string, record: BuildRecord): Promise<string> {
  const path = join(buildFolder, recordFile)
  await writeAside(path, `${JSON.stringify(record, undefined, 2)}\n`)
  return path
}

/** The record of a build folder. UsageError when there is none or it cannot be understood. */
export function readRecord(buildFolder: string): BuildRecord {
  const path = join(buildFolder, recordFile)
  return parseRecord(readText(path), path)
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new UsageError(`Expected a build record in ${path}, got none`, {
      cause,
      hint: 'npm run bake -- history lists the builds there are',
    })
  }
}

/** The record in a text; `path` is for the error. */
export function parseRecord(text: string, path: string): BuildRecord {
  const record = parseJson(text, path)
  if (record.schemaVersion !== 1) {
    throw new UsageError(`${path}: expected a record of schema version 1, got ${JSON.stringify(record.schemaVersion)}`, {
      hint: 'it was written by another version of bakehouse: use that one to read it',
    })
  }
  const missing = required.filter((key) => record[key] === undefined)
  if (missing.length > 0) throw new UsageError(`${path}: expected ${missing.join(', ')}, got a record without`)
  return record as unknown as BuildRecord
}

/** Writes a file so that it is never seen half written. */
export async function writeAside(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const aside = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`
  try {
    await using file = await open(aside, 'wx', 0o644)
    await file.writeFile(text)
    await file.sync()
  } catch (error) {
    await rm(aside, { force: true })
    throw error
  }
  await rename(aside, path)
}

const required: readonly (keyof BuildRecord)[] = [
  'family',
  'version',
  'build',
  'cloud',
  'status',
  'startedAt',
  'phases',
  'tasks',
  'suites',
  'tools',
]

function parseJson(text: string, path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch (cause) {
    throw new UsageError(`${path}: expected a build record, got something that is not JSON`, {
      cause,
      hint: 'the file is damaged; the logs beside it may not be',
    })
  }
  throw new UsageError(`${path}: expected a build record, got another kind of JSON`)
}
