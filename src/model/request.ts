/** The arguments of `bake` that repeat a build and keep its machine if it fails. */
export function againArguments({ family, cloud, prove, backend }: BakeRequest): string[] {
  const rest = [cloud && `--cloud ${cloud}`, prove && '--prove', backend && `--backend '${backend}'`]
  return ['--family', family, ...rest.filter((each) => typeof each === 'string'), '--keep failed']
}

/** The request for one build: one family, one image. */
export interface BakeRequest {
  readonly family: string
  /** `YYYY.MM.DD` or `YYYY.MM.DD-n`. Default: the next free version of today. */
  readonly version?: string
  /** Overrides the cloud of the family. */
  readonly cloud?: string
  /** Whether the temporary resources are kept after the build. */
  readonly keep: 'never' | 'failed' | 'always'
  /** Only preview: nothing is created. */
  readonly dryRun: boolean
  /** Build only if the input hash differs from that of the latest good image. */
  readonly ifChanged: boolean
  /** Also run the suites on the unconfigured base. */
  readonly prove: boolean
  /** URL of the state backend. Default: `PULUMI_BACKEND_URL`, else the folder of the project. */
  readonly backend?: string
}
