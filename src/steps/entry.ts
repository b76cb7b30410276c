import { join } from 'node:path'
import type { StepName } from '../model/step.ts'

/** The arguments for Node that run one step of the build in a folder. */
export function stepArguments(step: StepName, buildFolder: string): string[] {
  return [join(import.meta.dirname, 'run.ts'), step, buildFolder]
}
