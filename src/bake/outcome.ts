import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { BakehouseError, messageOf } from '../core/errors.ts'
import { imagesFolder } from '../core/paths.ts'
import { buildFiles, type RecordPaths } from '../model/build-folder.ts'
import type { Host } from '../model/host.ts'
import type { BakeOutcome } from '../model/outcome.ts'
import type { LatestGood } from '../model/outputs.ts'
import type { Phase } from '../model/phases.ts'
import type { BakeRequest } from '../model/request.ts'
import { renderLogin } from '../report/login-line.ts'
import type { Journal } from './journal.ts'
import type { Order, Plan } from './plan.ts'

/** What every outcome of a plan says. */
export function outcomeOf(plan: Plan, journal: Journal) {
  const { phases } = journal
  return {
    family: plan.family.name,
    version: plan.version,
    cloud: plan.cloud.name,
    phases: phases.map(({ phase, status, durationMs }) => ({ phase, status, durationMs })),
    durationMs: phases[0] ? Date.now() - Date.parse(phases[0].startedAt) : 0,
  }
}

export function promotedOutcome(
  plan: Plan,
  image: LatestGood,
  rest: { journal: Journal; paths: RecordPaths; kept: readonly Host[]; keptUntil?: string },
): BakeOutcome {
  const imagePath = findImagePath(image.imageId)
  return {
    ...outcomeOf(plan, rest.journal),
    ...withoutInputs(image),
    status: 'promoted',
    ...rest.paths,
    ...(imagePath ? { imagePath } : {}),
    ...renderKept(rest),
  }
}

/** The latest good image is what a bake would make again. */
export function unchangedOutcome(plan: Plan, journal: Journal): BakeOutcome {
  return { ...outcomeOf(plan, journal), ...(plan.latest ? withoutInputs(plan.latest) : {}), status: 'unchanged' }
}

export function failedOutcome(failed: {
  readonly request: BakeRequest
  readonly order: Order | undefined
  readonly plan: Plan | undefined
  readonly journal: Journal
  readonly error: unknown
}): BakeOutcome {
  const { request, order, plan, journal, error } = failed
  const detail = error as { phase?: Phase; kept?: readonly Host[]; keptUntil?: string; stack?: string }
  const redact = order?.redactor.text ?? ((text: string) => text)
  const known = error instanceof BakehouseError
  const phase = detail.phase ?? journal.failOpen() ?? journal.phases.findLast(({ status }) => status === 'failed')?.phase
  return {
    ...(plan
      ? { ...outcomeOf(plan, journal), ...pathsOf(plan) }
      : { family: request.family, version: '', cloud: order?.family.cloud ?? request.cloud ?? '', phases: [], durationMs: 0 }),
    status: known && error.exitCode === 8 ? 'cancelled' : 'failed',
    error: {
      message: redact(messageOf(error)),
      exitCode: known ? error.exitCode : 1,
      ...(known && error.hint ? { hint: redact(error.hint) } : {}),
      ...(phase ? { phase } : {}),
      ...(known || !detail.stack ? {} : { stack: redact(detail.stack) }),
    },
    ...renderKept(detail),
  }
}

function renderKept({ kept = [], keptUntil }: { kept?: readonly Host[]; keptUntil?: string }): Partial<BakeOutcome> {
  return keptUntil === undefined || kept.length === 0 ? {} : { kept: kept.map((host) => renderLogin(host, keptUntil)) }
}

function pathsOf(plan: Plan): Partial<BakeOutcome> {
  const at = (name: string): string => join(plan.folder, name)
  return {
    recordPath: at(buildFiles.record),
    reportPath: at('report.html'),
    logPath: at(buildFiles.logs),
    ...(existsSync(at(buildFiles.diagnostics)) ? { diagnosticsPath: at(buildFiles.diagnostics) } : {}),
  }
}

function withoutInputs({ inputsDigest: _, ...outputs }: LatestGood): Omit<LatestGood, 'inputsDigest'> {
  return outputs
}

function findImagePath(imageId: string): string | undefined {
  const path = join(imagesFolder(), `${imageId}.qcow2`)
  return existsSync(path) ? path : undefined
}
