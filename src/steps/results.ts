import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildFiles } from '../model/build-folder.ts'
import type { StepResult } from '../model/step.ts'
import { namesOfUseless } from '../model/suite-result.ts'

/** What a step of the build in that folder left; undefined before its end. */
export async function findStep(folder: string, step: StepResult['step']): Promise<StepResult | undefined> {
  const text = await readFile(join(folder, buildFiles.steps, `${step}.json`), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as StepResult)
}

/** Suites that pass on the unconfigured base too. */
export async function findUseless(folder: string): Promise<readonly string[]> {
  return namesOfUseless((await findStep(folder, 'configure'))?.suites ?? [])
}

export async function findFailedStep(folder: string): Promise<StepResult | undefined> {
  for (const step of ['verify', 'seal', 'configure'] as const) {
    const result = await findStep(folder, step)
    if (result?.status === 'failed') return result
  }
  return undefined
}
