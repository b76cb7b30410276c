import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseDuration } from '../core/duration.ts'
import { onlyHost, type StepContext } from '../guest/context.ts'
import { systemOf } from '../guest/systems.ts'
import { buildFiles } from '../model/build-folder.ts'
import type { StepAnswer } from '../model/step.ts'
import { onBase, provesNothing, type SuiteResult, suitePassed, weakSuites } from '../model/suite-result.ts'
import { runSuites } from './verify.ts'

/** Runs the family's suites against the unconfigured base. A suite that passes there is weak; that does not fail the build. */
export async function prove(context: StepContext): Promise<StepAnswer> {
  return { status: 'ok', suites: await proveSuites(context) }
}

/** The suites on the base. Weak ones are named in a note and by their `problem`. The results are also in `steps/proved.json`. */
export async function proveSuites(context: StepContext): Promise<readonly SuiteResult[]> {
  const deadline = Date.now() + parseDuration(context.request.family.verify.timeout)
  await using session = await systemOf(context.request.family.os).openSession(context, onlyHost(context))
  const alone = { ...session.context, request: { ...context.request, previousCases: {} }, tell: reportInverted(context) }
  const suites = await runSuites(alone, { context: alone, connection: session.connection, suffix: onBase, boots: 1, deadline })
  const judged = suites.map((suite) => (suitePassed(suite) ? { ...suite, problem: provesNothing } : suite))
  for (const name of weakSuites(judged)) context.tell({ type: 'note', text: `${name}: ${provesNothing}` })
  writeFileSync(join(context.folder, buildFiles.steps, 'proved.json'), `${JSON.stringify(judged, undefined, 2)}\n`)
  return judged
}

/** On the base, a suite should fail: that is reported as ok. */
function reportInverted({ tell }: StepContext): StepContext['tell'] {
  const inverted = { ok: 'failed', failed: 'ok' } as const
  return (event) => {
    if (event.type === 'task-done' && (event.status === 'ok' || event.status === 'failed'))
      tell({ ...event, status: inverted[event.status] })
    else tell(event)
  }
}
