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
