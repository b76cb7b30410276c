import type { BakeOutcome, BakeRequest } from '../bake/api.ts'
import { UsageError } from '../core/errors.ts'
import { familyNames } from '../family/names.ts'
import { bakeAll } from './bake-all.ts'
import { onSignals } from './cancel.ts'
import { commandName, print, printJson, say } from './output.ts'
import { startProgress } from './progress/progress.ts'
import { renderFailure, renderOutcome } from './render-outcome.ts'

interface BakeArguments {
  readonly family?: readonly string[]
  readonly version?: string
  readonly cloud?: string
  readonly keep: BakeRequest['keep']
  readonly 'dry-run': boolean
  readonly 'if-changed': boolean
  readonly prove: boolean
  readonly parallel?: string
  readonly backend?: string
  readonly json: boolean
}

/** Bakes the families asked for and tells how each ended. The exit code is that of the worst. */
export async function runBake(args: BakeArguments): Promise<number> {
  const families = parseFamilies(args.family ?? [])
  const requests = await Promise.all(families.map((family) => makeRequest(family, args)))
  const parallel = args.parallel === undefined ? undefined : parseCount('--parallel', args.parallel)
  const progress = startProgress(families)
  using cancelling = onSignals((text) => progress.note(text))
  let outcomes: BakeOutcome[]
  try {
    outcomes = await bakeAll(requests, { progress, signal: cancelling.signal, ...(parallel === undefined ? {} : { parallel }) })
  } finally {
    progress.stop()
  }
  if (args.json) printJson(outcomes.length === 1 ? outcomes[0] : outcomes)
  for (const [index, outcome] of outcomes.entries()) tell(outcome, requests[index] as BakeRequest, args.json)
  return worstExitCode(outcomes)
}

/** Which exit code stands for all: a bug of ours first, then what must be acted on, then what is fine. */
export function worstExitCode(outcomes: readonly BakeOutcome[]): number {
  const codes = outcomes.map(exitCodeOf)
  return [1, 8, 3, 2, 10].find((code) => codes.includes(code)) ?? (codes.every((code) => code === 7) ? 7 : 0)
}

function exitCodeOf({ status, error }: BakeOutcome): number {
  if (status === 'unchanged') return 7
  if (status === 'cancelled') return 8
  return status === 'failed' ? (error?.exitCode ?? 10) : 0
}

function tell(outcome: BakeOutcome, request: BakeRequest, json: boolean): void {
  if (outcome.status === 'failed' || outcome.status === 'cancelled') say(renderFailure(outcome, request))
  else if (!json) print(renderOutcome(outcome))
}

function parseFamilies(given: readonly string[]): string[] {
  const families = [...new Set(given.flatMap((text) => text.split(',')).map((text) => text.trim()))].filter(Boolean)
  if (families.length > 0) return families
  const names = familyNames()
  throw new UsageError('Expected --family <name>, got no family', {
    hint: names.length > 0 ? `the families here: ${names.join(', ')}` : `${commandName} init <family> makes the first one`,
  })
}

async function makeRequest(family: string, args: BakeArguments): Promise<BakeRequest> {
  const { parseVersion } = await import('../bake/version.ts')
  return {
    family,
    keep: args.keep,
    dryRun: args['dry-run'],
    ifChanged: args['if-changed'],
    prove: args.prove,
    ...(args.version === undefined ? {} : { version: parseVersion(args.version) }),
    ...(args.cloud === undefined ? {} : { cloud: args.cloud }),
    ...(args.backend === undefined ? {} : { backend: args.backend }),
  }
}

/** A whole number from 1 on, given to an option. */
export function parseCount(option: string, text: string, least = 1): number {
  const count = Number(text)
  if (/^\d{1,6}$/.test(text) && count >= least) return count
  throw new UsageError(`Expected ${option} to be a whole number from ${least} on, got "${text}"`)
}
