import { UsageError } from '../core/errors.ts'
import type { RecordedArtifacts } from './artifacts.ts'
import type { EndingKind } from './ending-kind.ts'
import type { BaseImage } from './image.ts'
import type { Phase } from './phases.ts'
import type { SuiteResult } from './suite-result.ts'

/** A phase in the record. */
export interface RecordedPhase {
  readonly phase: Phase
  readonly status: 'done' | 'failed' | 'skipped'
  /** ISO 8601. */
  readonly startedAt: string
  readonly durationMs: number
}

/** A task in the record, for example an Ansible task or a suite. */
export interface RecordedTask {
  readonly phase: Phase
  readonly name: string
  readonly status: 'ok' | 'changed' | 'failed' | 'skipped' | 'unreachable'
  readonly durationMs: number
}

/** A machine in the record, of a cloud that has several kinds. */
export interface RecordedMachine {
  /** `base`, `trial`, `trial-2`, … */
  readonly name: string
  /** For example `t3.small in eu-central-1a, spot`. */
  readonly kind: string
}

/** The promoted image, as in the family stack. */
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

/** The record of a build, successful or not. Its texts are redacted already. */
export interface BuildRecord {
  readonly schemaVersion: 1
  readonly family: string
  readonly version: string
  readonly build: string
  readonly cloud: string
  /** If the record says `running` but the process of the build no longer runs, `interrupted` is shown. */
  readonly status: 'running' | 'promoted' | 'failed' | 'cancelled' | 'interrupted'
  /** How the build ended. Absent while it runs, and in records of older versions. */
  readonly ending?: EndingKind
  /** ISO 8601. */
  readonly startedAt: string
  /** Absent while the build runs, and if it was killed. */
  readonly endedAt?: string
  readonly durationMs: number
  readonly phases: readonly RecordedPhase[]
  readonly tasks: readonly RecordedTask[]
  /** The machines that the build got. Absent if the cloud has one kind only. */
  readonly machines?: readonly RecordedMachine[]
  readonly suites: readonly SuiteResult[]
  readonly base?: BaseImage
  /** The input hash. */
  readonly inputsDigest?: string
  readonly image?: RecordedImage
  readonly error?: { readonly phase?: Phase; readonly message: string; readonly hint?: string }
  /** Tool name → version: bakehouse, node, pulumi, ansible-core, mitogen, pytest-testinfra. */
  readonly tools: Readonly<Record<string, string>>
  readonly sourceCommit: string
  readonly buildStack: string
  /** Where logs, test reports, diagnostics and report are for other computers. Absent if only the computer that built it has them. */
  readonly artifacts?: RecordedArtifacts
  /** ISO 8601: when resources that `--keep` kept expire. */
  readonly keptUntil?: string
  /** Resources that the build could not delete; `reap` deletes them. Absent if not known. */
  readonly left?: readonly string[]
  /** Weak suites: they also passed on the unconfigured base (`--prove`). */
  readonly provesNothing?: readonly string[]
}

/** Parses a record. Errors name `path`. */
export function parseRecord(text: string, path: string): BuildRecord {
  const record = parseJson(text, path)
  if (record.schemaVersion !== 1) {
    throw new UsageError(`${path}: expected a record of schema version 1, got ${JSON.stringify(record.schemaVersion)}`, {
      hint: 'another version of Bakehouse wrote it: read it with that version',
    })
  }
  const missing = required.filter((key) => record[key] === undefined)
  if (missing.length > 0)
    throw new UsageError(`${path}: expected a record with ${missing.join(', ')}, got one without`, {
      hint: 'the file is damaged: read the logs in the same folder instead',
    })
  return record as unknown as BuildRecord
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
      hint: 'the file is damaged: read the logs in the same folder instead',
    })
  }
  throw new UsageError(`${path}: expected a build record, got another kind of JSON`, {
    hint: 'the file is damaged: read the logs in the same folder instead',
  })
}

/** A build whose record cannot be read. */
export interface DamagedRecord {
  readonly family: string
  readonly version: string
  readonly problem: string
}

/** The builds of a project or a family. */
export interface History {
  /** Newest first. */
  readonly records: readonly BuildRecord[]
  readonly damaged: readonly DamagedRecord[]
}

/** The newest promoted build of a family; undefined if there is none. */
export function findLatestGoodRecord(records: readonly BuildRecord[], family: string): BuildRecord | undefined {
  const promoted = records.filter((record) => record.family === family && record.status === 'promoted')
  return promoted.sort((left, right) => ((left.image?.promotedAt ?? '') < (right.image?.promotedAt ?? '') ? 1 : -1))[0]
}
