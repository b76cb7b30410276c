import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseDuration } from '../core/duration.ts'
import { onlyHost, type StepContext } from '../guest/context.ts'
import { reach } from '../guest/session.ts'
import { buildFiles } from '../model/build-folder.ts'
import { namesOfUseless, onBase, passes, provesNothing, type SuiteResult } from '../model/suite-result.ts'
import { runSuites } from './verify.ts'

/**
 * Runs the family's suites against the base as it is. Suites that pass there are named: in a note, and by their
 * `problem`. Their results are also in `steps/proved.json`. Nothing fails because of it.
 */
export async function prove(context: StepContext): Promise<readonly SuiteResult[]> {
  const deadline = Date.now() + parseDuration(context.request.family.verify.timeout)
  await using way = await reach(context, onlyHost(context))
  const alone = { ...way.context, request: { ...context.request, previousCases: {} }, tell: tellTheOtherWayRound(context) }
  const suites = await runSuites(alone, { context: alone, connection: way.connection, suffix: onBase, boots: 1, deadline })
  const judged = suites.map((suite) => (passes(suite) ? { ...suite, problem: provesNothing } : suite))
  for (const name of namesOfUseless(judged)) context.tell({ type: 'note', text: `${name}: ${provesNothing}` })
  writeFileSync(join(context.folder, buildFiles.steps, 'proved.json'), `${JSON.stringify(judged, undefined, 2)}\n`)
  return judged
}

/** Here a suite does well that fails. */
function tellTheOtherWayRound({ tell }: StepContext): StepContext['tell'] {
  const turned = { ok: 'failed', failed: 'ok' } as const
  return (event) => {
    if (event.type === 'task-done' && (event.status === 'ok' || event.status === 'failed')) tell({ ...event, status: turned[event.status] })
    else tell(event)
  }
}
