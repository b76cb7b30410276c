/** Whether a family needs a build, as `plan --json` prints it. */
export interface PlannedFamily {
  readonly family: string
  /** The cloud of the build; undefined if the file of the family has a mistake. */
  readonly cloud?: string
  /** The parent family, if it starts from one. */
  readonly parent?: string
  /** The version of its latest good image, if there is one. */
  readonly latest?: string
  /** Whether `bake --if-changed` would build it; undefined if that cannot be known. */
  readonly needsBuild?: boolean
  /** Why it needs a build or not, or why that cannot be known: a sentence without a period. */
  readonly why: string
  readonly error?: { readonly message: string; readonly exitCode: number }
}
