import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type BakehouseError, BuildFailed, MissingError, messageOf } from '../core/errors.ts'
import type { StepResult } from '../core/model.ts'
import { namesOfUseless } from '../steps/proves-nothing.ts'
import { buildFiles } from '../steps/request.ts'
import type { EngineFailure } from './engine-phases.ts'

/** What a step of the build in that folder left; undefined before its end. */
export async function findStep(folder: string, step: StepResult['step']): Promise<StepResult | undefined> {
  const text = await readFile(join(folder, buildFiles.steps, `${step}.json`), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as StepResult)
}

/** Suites that pass on the unconfigured base too. */
export async function findUseless(folder: string): Promise<readonly string[]> {
  return namesOfUseless((await findStep(folder, 'configure'))?.suites ?? [])
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

async function findFailedStep(folder: string): Promise<StepResult | undefined> {
  for (const step of ['verify', 'seal', 'configure'] as const) {
    const result = await findStep(folder, step)
    if (result?.status === 'failed') return result
  }
  return undefined
}
