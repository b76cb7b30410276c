import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf, UsageError } from '../core/errors.ts'
import { buildFiles } from '../model/build-folder.ts'
import type { StepRequest } from '../model/step.ts'
import { parseRequest } from '../model/step-request.ts'

/** Reads the request of the steps of a build. Throws UsageError if the folder is not a build folder. */
export function readRequest(folder: string): StepRequest {
  const file = join(folder, buildFiles.request)
  return parseRequest(readText(file, folder), file)
}

function readText(file: string, folder: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new UsageError(`Expected a build folder with ${buildFiles.request}, got ${folder}: ${messageOf(cause)}`, {
      hint: 'give the folder of a build: .bakehouse/builds/<family>/<version>',
      cause,
    })
  }
}
