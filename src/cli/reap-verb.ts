import { prepareTools, reap } from '../bakehouse.ts'
import { defined } from '../core/defined.ts'
import { MissingError } from '../core/errors.ts'
import { print, printJson, renderColumns, say } from '../core/output.ts'
import { stateCommandLine } from '../core/program.ts'
import type { Reaped } from '../model/leftover.ts'
import { onSignals } from './cancel.ts'
import { reportError } from './report-error.ts'

interface ReapArguments {
  readonly 'dry-run': boolean
  readonly kept: boolean
  readonly family?: string
  readonly cloud?: string
  readonly json: boolean
}

/** Deletes orphaned resources, or only lists them with `--dry-run`. */
export async function runReap(args: ReapArguments): Promise<number> {
  await prepareTools([])
  const again = Object.entries(defined({ kept: args.kept || undefined, family: args.family, cloud: args.cloud }))
  const options = again.flatMap(([name, value]) => (value === true ? [`--${name}`] : [`--${name}`, value]))
  using cancelling = onSignals(say, stateCommandLine('reap', ...options))
  const reaped = await reap(
    {
      dryRun: args['dry-run'],
      kept: args.kept,
      ...defined({ family: args.family, cloud: args.cloud }),
    },
    cancelling.signal,
  )
  if (args.json) printJson(reaped)
  else for (const line of renderReaped(reaped)) print(line)
  return reportFailed(reaped, options)
}

/** Prints how many leftovers could not be removed. Returns the exit code: 3 if there are any, because the operator must act. `options`: those of the command. */
export function reportFailed(reaped: readonly Reaped[], options: readonly string[] = []): number {
  const failed = reaped.filter(({ action }) => action === 'failed').length
  if (failed === 0) return 0
  const count = failed === 1 ? 'one leftover' : `${failed} leftovers`
  return reportError(
    new MissingError(`${count} could not be removed`, {
      hint: `solve what the lines above say, then run it again: ${stateCommandLine('reap', ...options)}`,
    }),
  )
}

/** One line per orphaned resource. */
function renderReaped(reaped: readonly Reaped[]): string[] {
  if (reaped.length === 0) return ['Nothing to delete']
  const words = { removed: 'removed', 'would-remove': 'would remove', failed: 'not removed', 'left-alone': 'left alone' } as const
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
