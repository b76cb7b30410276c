import { type BakehouseError, BuildFailed, Cancelled, MissingError, messageOf } from '../core/errors.ts'
import { type BuildRemains, removeBuild, removeKeys } from '../life/remove-build.ts'
import type { Host } from '../model/host.ts'
import type { Phase } from '../model/phases.ts'
import { findFailedStep, findStep, findUseless } from '../steps/results.ts'
import { completeBundle, diagnose } from './diagnostics.ts'
import type { EngineFailure } from './follow-engine.ts'
import type { Journal } from './journal.ts'
import type { Plan } from './plan.ts'
import type { recordBuild } from './record-build.ts'
import type { Reserved } from './reserve.ts'

interface Failure {
  readonly error: unknown
  readonly hosts: readonly Host[]
  readonly journal: Journal
  readonly record: Awaited<ReturnType<typeof recordBuild>>
  readonly signal: AbortSignal
  readonly expires: string
}

/** Diagnostics, clean-up and record of a failed build, in this order; the error to tell. Trouble here never hides it. */
export async function settleFailure(reserved: Reserved, failure: Failure): Promise<unknown> {
  const { plan } = reserved
  const { journal, signal, hosts } = failure
  const phase = journal.failOpen() ?? lastFailed(journal)
  const error = signal.aborted ? new Cancelled('cancelled; everything it made was removed', { cause: failure.error }) : failure.error
  const note = (text: string): void =>
    journal.tell({ type: 'note', phase: 'clean', text: plan.redactor.text(text), at: new Date().toISOString() })
  const running = plan.request.keep === 'never' || signal.aborted ? [] : await findRunning(plan, hosts).catch(() => hosts)
  const kept = running.length > 0
  await diagnose(remainsOf(reserved), note)
    .then(() => completeBundle(plan, { phase, error }))
    .catch((trouble: unknown) => note(`no diagnostics: ${messageOf(trouble)}`))
  if (!kept) {
    await journal
      .during('clean', () => removeBuild(remainsOf(reserved), note))
      .catch((trouble: unknown) => note(`clean-up failed: ${messageOf(trouble)}`))
    await removeKeys(plan.folder)
  }
  const useless = await findUseless(plan.folder)
  await failure.record.failed({
    ...{ error, phase, suites: (await findStep(plan.folder, 'verify'))?.suites ?? [] },
    ...(kept ? { keptUntil: failure.expires } : {}),
    ...(useless.length > 0 ? { provesNothing: useless } : {}),
  })
  return Object.assign(error instanceof Error ? error : new Error(messageOf(error)), {
    phase,
    ...(kept ? { kept: running, keptUntil: failure.expires } : {}),
  })
}

/** The hosts that can be logged in to: a base that was sealed cannot. */
export async function findRunning({ cloud, build }: Plan, hosts: readonly Host[]): Promise<Host[]> {
  const created = await cloud.list({ tool: 'bakehouse', build })
  const running = new Set(created.filter(({ kind, state }) => kind === 'instance' && state === 'running').map(({ id }) => id))
  return hosts.filter(({ instanceId }) => running.has(instanceId))
}

function lastFailed(journal: Journal): Phase | undefined {
  return journal.phases.findLast((phase) => phase.status === 'failed')?.phase
}

function remainsOf({ plan: { cloud, family, build, folder }, stack }: Reserved): BuildRemains {
  return { cloud, family: family.name, build, folder, stack }
}

/**
 * Why an update of the build in that folder failed: as the step says that failed, which knows better than the engine does, and who
 * must act; else as the engine told.
 */
export async function explainFailure(
  folder: string,
  { failures, cause, redact }: { failures: readonly EngineFailure[]; cause: unknown; redact: (text: string) => string },
): Promise<BakehouseError> {
  const step = await findFailedStep(folder)
  const told = failures.find((failure) => failure.phase) ?? failures[0]
  const message = redact(step?.cause ?? told?.message ?? messageOf(cause))
  const Failure = step?.exitCode === 3 ? MissingError : BuildFailed
  return new Failure(message, { cause, ...(step?.hint ? { hint: step.hint } : {}) })
}
