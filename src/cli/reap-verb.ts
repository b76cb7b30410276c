import { prepareTools, reap } from '../bakehouse.ts'
import type { Reaped } from '../model/leftover.ts'
import { onSignals } from './cancel.ts'
import { print, printJson, renderColumns, say } from './output.ts'

interface ReapArguments {
  readonly 'dry-run': boolean
  readonly kept: boolean
  readonly family?: string
  readonly cloud?: string
  readonly backend?: string
  readonly json: boolean
}

/** Deletes orphaned resources, or only lists them with `--dry-run`. Exit code 1 if one could not be deleted. */
export async function runReap(args: ReapArguments): Promise<number> {
  await prepareTools([])
  using cancelling = onSignals(say)
  const reaped = await reap(
    {
      dryRun: args['dry-run'],
      kept: args.kept,
      ...(args.family === undefined ? {} : { family: args.family }),
      ...(args.cloud === undefined ? {} : { cloud: args.cloud }),
      ...(args.backend === undefined ? {} : { backend: args.backend }),
    },
    cancelling.signal,
  )
  if (args.json) printJson(reaped)
  else for (const line of renderReaped(reaped)) print(line)
  return reaped.some(({ action }) => action === 'failed') ? 1 : 0
}

/** One line per orphaned resource. */
export function renderReaped(reaped: readonly Reaped[]): string[] {
  if (reaped.length === 0) return ['Nothing is left over']
  const words = { removed: 'removed', 'would-remove': 'would remove', failed: 'not removed' } as const
  return renderColumns(
    reaped.map(({ action, cloud, kind, id, family, version, why }) => [
      words[action],
      [cloud, kind].filter(Boolean).join(' '),
      id,
      `${family} ${version}`.trim(),
      why,
    ]),
  )
}
