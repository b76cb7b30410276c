/** The result of one check of `doctor`. */
export interface Finding {
  readonly name: string
  readonly status: 'ok' | 'warning' | 'missing'
  /** What was found (a version and its source), or the problem. */
  readonly detail: string
  /** What to do about the problem. */
  readonly hint?: string
}
