import type { FamilyOutputs } from './outputs.ts'
import type { Phase } from './phases.ts'

export interface PhaseTime {
  readonly phase: Phase
  readonly status: 'done' | 'failed' | 'skipped'
  readonly durationMs: number
}

/** What a preview would do, by kind of resource. */
export interface PlannedChange {
  readonly operation: 'create' | 'update' | 'replace' | 'delete' | 'same'
  readonly type: string
  readonly name: string
}

export interface BakeFailure {
  /** Why, redacted, in the user's words; without family, version and phase, which are said beside it. */
  readonly message: string
  readonly hint?: string
  /** As in errors.ts: 2, 3, 7, 8, 10, and 1 for a bug of ours. */
  readonly exitCode: number
  readonly phase?: Phase
  /** Only for a bug of ours. */
  readonly stack?: string
}

/**
 * How one bake ended: what `bake --json` prints. The outputs of a family stack are there in full when `status` is `promoted`
 * or `unchanged` (then those of the latest good image); otherwise as far as they were known.
 */
export interface BakeOutcome extends Partial<FamilyOutputs> {
  readonly status: 'promoted' | 'failed' | 'unchanged' | 'cancelled' | 'preview'
  readonly family: string
  readonly version: string
  readonly cloud: string
  readonly durationMs: number
  readonly phases: readonly PhaseTime[]
  /** Absolute paths; absent where no build folder was made. */
  readonly recordPath?: string
  readonly reportPath?: string
  readonly logPath?: string
  readonly diagnosticsPath?: string
  /** The promoted disk, on the embedded cloud. */
  readonly imagePath?: string
  readonly error?: BakeFailure
  /** With `dryRun`. */
  readonly changes?: readonly PlannedChange[]
  /** What was kept, how to log in to it, and until when: one line each. */
  readonly kept?: readonly string[]
  /** With `prove`: suites that pass on the unconfigured base too. */
  readonly provesNothing?: readonly string[]
}

/** Which exit code stands for all: a bug of ours first, then what must be acted on, then what is fine. */
export function worstExitCode(outcomes: readonly BakeOutcome[]): number {
  const codes = outcomes.map(exitCodeOf)
  return [1, 8, 3, 2, 10].find((code) => codes.includes(code)) ?? (codes.every((code) => code === 7) ? 7 : 0)
}

function exitCodeOf({ status, error }: BakeOutcome): number {
  if (status === 'unchanged') return 7
  if (status === 'cancelled') return 8
  return status === 'failed' ? (error?.exitCode ?? 10) : 0
}
