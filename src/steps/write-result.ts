import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildFiles } from '../model/build-folder.ts'
import type { StepResult } from '../model/step.ts'

/** Writes the result of a step to the build folder, atomically: a step that is killed meanwhile leaves no part of it. */
export function writeStepResult(folder: string, result: StepResult): void {
  const file = join(folder, buildFiles.steps, `${result.step}.json`)
  mkdirSync(join(folder, buildFiles.steps), { recursive: true })
  const aside = `${file}.${process.pid}`
  writeFileSync(aside, `${JSON.stringify(result)}\n`, { mode: 0o600 })
  renameSync(aside, file)
}
