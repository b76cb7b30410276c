import type { BuildEvent, Phase } from '../core/events.ts'

/** What the command line asks of one bake: one family, one image. */
export interface BakeRequest {
  readonly family: string
  /** `YYYY.MM.DD` or `YYYY.MM.DD-n`; without it, today's next free one. */
  readonly version?: string
  /** Overrides the family's own cloud. */
  readonly cloud?: string
  /** Whether the temporaries stay after the bake. */
  readonly keep: 'never' | 'failed' | 'always'
  /** A real preview: nothing is created. */
  readonly dryRun: boolean
  /** Bake only when the inputs' digest differs from the latest good image's. */
  readonly ifChanged: boolean
  /** Run the suites against the unconfigured base too. */
  readonly prove: boolean
  /** URL of the state backend; without it `PULUMI_BACKEND_URL`, else the project's own folder. */
  readonly backend?: string
}

/** One suite of the verification, counted. */
export interface VerifiedSuite {
  readonly suite: string
  readonly passed: number
  readonly failed: number
  /** ISO 8601. */
  readonly at: string
}

/** The outputs of a family stack: what downstream reads. */
export interface FamilyOutputs {
  readonly imageId: string
  readonly imageName: string
  readonly version: string
  readonly family: string
  readonly cloud: string
  readonly region: string
  readonly imagesByRegion: Readonly<Record<string, string>>
  readonly baseImage: string
  /** Digest of the image. */
  readonly digest: string
  readonly verified: readonly VerifiedSuite[]
  /** ISO 8601. */
  readonly promotedAt: string
  readonly sourceCommit: string
  readonly buildStack: string
  readonly previousVersion: string
}

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

export type BakeListener = (event: BuildEvent) => void

export interface ReapOptions {
  /** Only say what would be removed. */
  readonly dryRun: boolean
  /** End what `keep` kept for a look as well, before its time. */
  readonly kept: boolean
  /** Only this family's leftovers. */
  readonly family?: string
  /** Only this cloud; without it, each that can be reached. */
  readonly cloud?: string
  readonly backend?: string
}

/** One leftover: a thing in a cloud, a lock, an empty stack, a process. */
export interface Reaped {
  readonly cloud: string
  readonly kind: string
  readonly id: string
  readonly family: string
  readonly version: string
  readonly action: 'removed' | 'would-remove' | 'failed'
  /** Why it is a leftover, or why it could not be removed. */
  readonly why: string
}

/** `bakeFamily` of `bake.ts`: never throws for what a bake can end with; what it throws is a bug of ours. */
export type BakeFamily = (request: BakeRequest, listen: BakeListener, signal: AbortSignal) => Promise<BakeOutcome>

/** `reap` of `reap.ts`. */
export type Reap = (options: ReapOptions, signal: AbortSignal) => Promise<readonly Reaped[]>
