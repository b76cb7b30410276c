import type { EndingKind } from './ending-kind.ts'
import type { FamilyOutputs } from './outputs.ts'
import type { Phase } from './phases.ts'

/** The duration of a phase. */
export interface PhaseTime {
  readonly phase: Phase
  readonly status: 'done' | 'failed' | 'skipped'
  readonly durationMs: number
}

/** The result of a preview, by kind of resource. */
export interface PlannedChange {
  readonly operation: 'create' | 'update' | 'replace' | 'delete' | 'same'
  readonly type: string
  readonly name: string
}

/** The error of a build that promoted nothing. */
export interface BakeFailure {
  /** The redacted reason, without family, version and phase, which have their own fields. */
  readonly message: string
  readonly hint?: string
  /** 2 usage, 3 something is missing, 8 cancelled, 9 interrupted, 10 rejected, 1 internal error. */
  readonly exitCode: number
  readonly phase?: Phase
  /** For an internal error only. */
  readonly stack?: string
}

/**
 * The outcome of one build; `bake --json` prints it. If `status` is `promoted` or `unchanged`, it has all outputs of the family stack (for
 * `unchanged`, those of the latest good image); else only those that were known.
 */
export interface BakeOutcome extends Partial<FamilyOutputs> {
  readonly status: 'promoted' | 'failed' | 'unchanged' | 'cancelled' | 'interrupted' | 'preview'
  /** How the build ended; absent if the request never became a build. */
  readonly ending?: EndingKind
  readonly family: string
  readonly version: string
  readonly cloud: string
  readonly durationMs: number
  readonly phases: readonly PhaseTime[]
  /** Absolute paths; absent if there is no build folder. */
  readonly recordPath?: string
  readonly reportPath?: string
  readonly logPath?: string
  readonly diagnosticsPath?: string
  /** The place of logs and reports for other computers: a path, or `s3://bucket/path`. */
  readonly artifacts?: string
  /** Path of the promoted disk image (local cloud). */
  readonly imagePath?: string
  readonly error?: BakeFailure
  /** With `dryRun`. */
  readonly changes?: readonly PlannedChange[]
  /** What `--keep` kept: how to log in, and until when. One line each. */
  readonly kept?: readonly string[]
  /** Resources that the build could not delete; `reap` deletes them. */
  readonly left?: readonly string[]
  /** With `prove`: weak suites, which also pass on the unconfigured base. */
  readonly provesNothing?: readonly string[]
}

/** The exit code of several builds: that of an internal error, else that of a failure, else that of success. */
export function worstExitCode(outcomes: readonly BakeOutcome[]): number {
  const codes = outcomes.map(exitCodeOf)
  return [1, 9, 8, 3, 2, 10].find((code) => codes.includes(code)) ?? (codes.every((code) => code === 7) ? 7 : 0)
}

function exitCodeOf({ status, error }: BakeOutcome): number {
  if (status === 'unchanged') return 7
  if (status === 'cancelled') return 8
  if (status === 'interrupted') return 9
  return status === 'failed' ? (error?.exitCode ?? 10) : 0
}
