/** One thing that was looked at. */
export interface Finding {
  readonly name: string
  readonly status: 'ok' | 'warning' | 'missing'
  /** What was found: a version and how it was had, or what is wrong. */
  readonly detail: string
  /** What to do, where it is not ok. */
  readonly hint?: string
}
