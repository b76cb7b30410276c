import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { defined } from '../core/defined.ts'
import { UsageError } from '../core/errors.ts'
import { buildFiles, type RecordPaths } from '../model/build-folder.ts'
import { type Ending, outcomeOf } from '../model/ending.ts'
import { exitCodes, statuses } from '../model/ending-kind.ts'
import { cleanWords } from '../model/free-text.ts'
import type { BakeOutcome } from '../model/outcome.ts'
import type { BakeRequest } from '../model/request.ts'
import { wordsOf } from '../report/words.ts'
import { explainTrouble } from './explain.ts'
import type { Journal } from './journal.ts'
import type { Order, Plan } from './plan.ts'

/** The fields that all outcomes of a plan have. */
export function factsOf(plan: Plan, journal: Journal) {
  const { phases } = journal
  return {
    family: plan.family.name,
    version: plan.version,
    cloud: plan.cloud.name,
    phases: phases.map(({ phase, status, durationMs }) => ({ phase, status, durationMs })),
    durationMs: phases[0] ? Date.now() - Date.parse(phases[0].startedAt) : 0,
  }
}

/** The outcome of a build that ended. */
export function endedOutcome(ending: Ending, facts: ReturnType<typeof factsOf>, paths: RecordPaths & { folder: string }): BakeOutcome {
  const { folder, ...files } = paths
  const diagnosticsPath = join(folder, buildFiles.diagnostics)
  const diagnostics = ending.kind !== 'promoted' && existsSync(diagnosticsPath) ? { diagnosticsPath } : {}
  return { ...facts, ...outcomeOf(ending, wordsOf(ending, facts.family)), ...files, ...diagnostics }
}

/** The outcome if the inputs are those of the latest good image: nothing was built. */
export function unchangedOutcome(plan: Plan, journal: Journal): BakeOutcome {
  const { inputsDigest: _, ...outputs } = plan.latest ?? {}
  return { ...factsOf(plan, journal), ...outputs, status: 'unchanged' }
}

/** The outcome of a request that failed before the build got a version. */
export function refusedOutcome(refused: {
  readonly request: BakeRequest
  readonly order: Order | undefined
  readonly journal: Journal
  readonly error: unknown
  readonly cancelled: boolean
}): BakeOutcome {
  const { request, order, journal, error, cancelled } = refused
  const phase = journal.failOpen() ?? journal.phases.findLast(({ status }) => status === 'failed')?.phase
  const redact = order?.redactor.text ?? ((text: string) => text)
  const trouble = cancelled
    ? { kind: 'cancelled' as const }
    : cleanWords(explainTrouble(error, { steps: {}, failures: [], findRefusal: undefined }), redact)
  const words = cancelled
    ? { message: 'cancelled before anything was created' }
    : wordsOf({ ...trouble, phase, left: [], suites: [], weakSuites: [] }, request.family)
  const failure = {
    ...words,
    exitCode: error instanceof UsageError && !cancelled ? error.exitCode : exitCodes[trouble.kind],
    ...defined({ phase, stack: trouble.kind === 'bug' ? trouble.stack : undefined }),
  }
  return {
    ...{ family: request.family, version: '', cloud: order?.family.cloud ?? request.cloud ?? '', phases: [], durationMs: 0 },
    status: statuses[trouble.kind],
    error: failure,
  }
}
