import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildFiles } from '../model/build-folder.ts'
import { parseStepResult, type StepResult } from '../model/step.ts'

/** The results of the steps of a build. A step that did not run to its end has none. */
export interface StepResults {
  readonly configure?: StepResult
  readonly seal?: StepResult
  readonly verify?: StepResult
}

/** Reads the results of all steps of the build in that folder. */
export async function readStepResults(folder: string): Promise<StepResults> {
  const names = ['configure', 'seal', 'verify'] as const
  const results = await Promise.all(names.map(async (name) => [name, await findResult(folder, name)] as const))
  return Object.fromEntries(results.filter(([, result]) => result !== undefined))
}

async function findResult(folder: string, step: keyof StepResults): Promise<StepResult | undefined> {
  const text = await readFile(join(folder, buildFiles.steps, `${step}.json`), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : parseStepResult(text)
}
