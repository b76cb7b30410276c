/** What the families to bake need of this computer, beside what all of them need. */
export interface Needs {
  /** Their machines run on this computer. */
  readonly machines: boolean
  /** They start from a Debian disk that is made here. */
  readonly debian: boolean
  /** The tools of this project's own tests. */
  readonly checks: boolean
}
