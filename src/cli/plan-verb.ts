import { planFamilies, prepareTools } from '../bakehouse.ts'
import { defined } from '../core/defined.ts'
import { paintOut, print, printJson, renderColumns, say } from '../core/output.ts'
import { stateCommandLine } from '../core/program.ts'
import type { PlannedFamily } from '../model/planned-family.ts'
import { onSignals } from './cancel.ts'
import { chooseFamilies } from './choose-families.ts'

interface PlanArguments {
  readonly family?: readonly string[]
  readonly cloud?: string
  readonly json: boolean
}

/** Lists which families need a build, and why. Returns the exit code: that of the worst problem, or 0. */
export async function runPlan({ family, cloud, json }: PlanArguments): Promise<number> {
  const families = await chooseFamilies(family, { all: family === undefined })
  await prepareTools(families.map((name) => ({ family: name, ...defined({ cloud }) })))
  using cancelling = onSignals(say)
  const planned = await planFamilies(families, { cloud, signal: cancelling.signal })
  if (json) printJson(planned)
  else print(renderPlan(planned))
  return Math.max(0, ...planned.map(({ error }) => error?.exitCode ?? 0))
}

/** The plan as a table, and the command that builds the families that need it. */
export function renderPlan(planned: readonly PlannedFamily[]): string[] {
  const [head = '', ...lines] = renderColumns([['FAMILY', 'CLOUD', 'LATEST', 'BUILD', 'WHY'], ...planned.map(renderRow)])
  const needed = planned.filter(({ needsBuild }) => needsBuild).map(({ family }) => family)
  const command = stateCommandLine('--family', needed.join(','), '--if-changed')
  return [paintOut('dim', head), ...lines, ...(needed.length > 0 ? ['', 'Build what changed:', `  ${command}`] : [])]
}

function renderRow({ family, cloud, latest, needsBuild, why, error }: PlannedFamily): string[] {
  return [family, cloud ?? '–', latest ?? '–', error ? 'error' : needsBuild ? 'yes' : 'no', why]
}
