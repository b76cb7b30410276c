/** Options of `reap`. */
export interface ReapOptions {
  /** Only list what would be deleted. */
  readonly dryRun: boolean
  /** Also delete what `--keep` kept, before it expires. */
  readonly kept: boolean
  /** Only resources of this family. */
  readonly family?: string
  /** Only this cloud. Default: all clouds that can be reached. */
  readonly cloud?: string
  readonly backend?: string
}

/** An orphaned resource: in a cloud, a lock, an empty stack, a process. */
export interface Reaped {
  readonly cloud: string
  readonly kind: string
  readonly id: string
  readonly family: string
  readonly version: string
  readonly action: 'removed' | 'would-remove' | 'failed' | 'left-alone'
  /** Why it is orphaned, why it could not be deleted, or why it is left alone. */
  readonly why: string
}
