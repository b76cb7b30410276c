/** Optional parts of set-up: which of them the families need. */
export interface Needs {
  /** Whether machines run on this computer. */
  readonly machines: boolean
  /** Whether a Debian base image is made on this computer. */
  readonly debian: boolean
  /** Whether the tools for the tests of Bakehouse are needed. */
  readonly checks: boolean
}
