import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { messageOf, UsageError } from '../core/errors.ts'
import type { StepContext } from './context.ts'

/** The family's own script. One that names an interpreter is read by the shell that is already there. */
export function readFamilyScript({ request }: StepContext, file: string): string {
  try {
    return readFileSync(resolve(request.family.folder, file), 'utf8').replace(/^#!.*\n/, '')
  } catch (cause) {
    throw new UsageError(`the script ${file} cannot be read: ${messageOf(cause)}`, { cause })
  }
}
