import type { EndingKind } from './ending-kind.ts'
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
  /** 2 usage, 3 something is missing, 8 cancelled, 9 interrupted, 10 rejected, 1 internal error. */
  readonly exitCode: number
  readonly phase?: Phase
  /** For an internal error only. */
  readonly stack?: string
}

/**
 * How one bake ended: what `bake --json` prints. The outputs of a family stack are there in full when `status` is `promoted`
 * or `unchanged` (then those of the latest good image); otherwise as far as they were known.
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
  /** Absolute paths; absent where no build folder was made. */
  readonly recordPath?: string
  readonly reportPath?: string
  readonly logPath?: string
  readonly diagnosticsPath?: string
  /** The promoted disk, on the local cloud. */
  readonly imagePath?: string
  readonly error?: BakeFailure
  /** With `dryRun`. */
  readonly changes?: readonly PlannedChange[]
  /** What was kept, how to log in to it, and until when: one line each. */
  readonly kept?: readonly string[]
  /** What the build made and could not remove; `reap` removes it. */
  readonly left?: readonly string[]
  /** With `prove`: suites that pass on the unconfigured base too. */
  readonly provesNothing?: readonly string[]
}

/** The exit code of several bakes: an internal error first, then what somebody must act on, then success. */
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
