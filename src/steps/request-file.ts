import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf, UsageError } from '../core/errors.ts'
import { buildFiles } from '../model/build-folder.ts'
import type { StepRequest } from '../model/step.ts'

export function readRequest(folder: string): StepRequest {
  const file = join(folder, buildFiles.request)
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as StepRequest
  } catch (cause) {
    throw new UsageError(`Expected a build folder with ${buildFiles.request}, got ${folder}: ${messageOf(cause)}`, { cause })
  }
}
