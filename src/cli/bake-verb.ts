import { bake, prepareTools } from '../bakehouse.ts'
import { defined } from '../core/defined.ts'
import { findVariable } from '../core/environment.ts'
import { print, printJson, say } from '../core/output.ts'
import { parseCount } from '../core/parse-count.ts'
import { type BakeOutcome, worstExitCode } from '../model/outcome.ts'
import type { BakeRequest } from '../model/request.ts'
import { onSignals } from './cancel.ts'
import { chooseFamilies } from './choose-families.ts'
import { startProgress } from './progress/progress.ts'
import { reapCommandLine } from './reap-command.ts'
import { renderFailure, renderOutcome } from './render-outcome.ts'

interface BakeArguments {
  readonly family?: readonly string[]
  readonly all: boolean
  readonly 'image-version'?: string
  readonly cloud?: string
  readonly keep: BakeRequest['keep']
  readonly 'dry-run': boolean
  readonly 'if-changed': boolean
  readonly prove: boolean
  readonly parallel?: string
  readonly json: boolean
}

/** Builds the requested families and prints how each build ended. Returns the most severe exit code. */
export async function runBake(args: BakeArguments): Promise<number> {
  const families = await chooseFamilies(args.family, { all: args.all })
  const requests = await Promise.all(families.map((family) => makeRequest(family, args)))
  const parallel = chooseParallel(args.parallel)
  await prepareTools(requests)
  const progress = startProgress(families)
  using cancelling = onSignals((text) => progress.note(text), reapCommandLine(families))
  let outcomes: BakeOutcome[]
  try {
    outcomes = await bake(requests, { onEvent: progress.listen, signal: cancelling.signal, parallel })
  } finally {
    progress.stop()
  }
  if (args.json) printJson(outcomes.length === 1 ? outcomes[0] : outcomes)
  for (const [index, outcome] of outcomes.entries()) tell(outcome, requests[index] as BakeRequest, args.json)
  return worstExitCode(outcomes)
}

function chooseParallel(option: string | undefined): number | undefined {
  if (option !== undefined) return parseCount('--parallel', option)
  const variable = findVariable('BAKEHOUSE_PARALLEL')
  return variable === undefined ? undefined : parseCount('BAKEHOUSE_PARALLEL', variable)
}

function tell(outcome: BakeOutcome, request: BakeRequest, json: boolean): void {
  if (outcome.error) say(renderFailure(outcome, request))
  else if (!json) print(renderOutcome(outcome))
}

async function makeRequest(family: string, args: BakeArguments): Promise<BakeRequest> {
  const { parseVersion } = await import('../model/version.ts')
  const version = args['image-version']
  return {
    family,
    keep: args.keep,
    dryRun: args['dry-run'],
    ifChanged: args['if-changed'],
    prove: args.prove,
    ...defined({ version: version === undefined ? undefined : parseVersion(version), cloud: args.cloud }),
  }
}
