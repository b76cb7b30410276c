/** The arguments that make the same bake again and keep the machine. */
export function againArguments({ family, cloud, prove, backend }: BakeRequest): string[] {
  const rest = [cloud && `--cloud ${cloud}`, prove && '--prove', backend && `--backend '${backend}'`]
  return ['--family', family, ...rest.filter((each) => typeof each === 'string'), '--keep failed']
}

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
