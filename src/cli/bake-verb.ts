import { bake, listFamilies, prepareTools } from '../bakehouse.ts'
import { defined } from '../core/defined.ts'
import { UsageError } from '../core/errors.ts'
import { print, printJson, say } from '../core/output.ts'
import { parseCount } from '../core/parse-count.ts'
import { commandLine } from '../core/program.ts'
import { type BakeOutcome, worstExitCode } from '../model/outcome.ts'
import type { BakeRequest } from '../model/request.ts'
import { onSignals } from './cancel.ts'
import { startProgress } from './progress/progress.ts'
import { renderFailure, renderOutcome } from './render-outcome.ts'

interface BakeArguments {
  readonly family?: readonly string[]
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
  const families = await parseFamilies(args.family ?? [])
  const requests = await Promise.all(families.map((family) => makeRequest(family, args)))
  const parallel = args.parallel === undefined ? undefined : parseCount('--parallel', args.parallel)
  await prepareTools(requests)
  const progress = startProgress(families)
  using cancelling = onSignals((text) => progress.note(text))
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

function tell(outcome: BakeOutcome, request: BakeRequest, json: boolean): void {
  if (outcome.error) say(renderFailure(outcome, request))
  else if (!json) print(renderOutcome(outcome))
}

async function parseFamilies(given: readonly string[]): Promise<string[]> {
  const families = [...new Set(given.flatMap((text) => text.split(',')).map((text) => text.trim()))].filter(Boolean)
  if (families.length > 0) return families
  const names = await listFamilies()
  throw new UsageError('Expected --family <name>, got no family', {
    hint: names.length > 0 ? `choose from: ${names.join(', ')}` : `create the first family: ${commandLine('init', '<family>')}`,
  })
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
