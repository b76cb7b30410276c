import { readFileSync } from 'node:fs'
import { messageOf, UsageError } from '../core/errors.ts'
import { resolveInside } from '../core/inside.ts'
import type { StepContext } from './context.ts'

/** The family's own script. One that names an interpreter is read by the shell that is already there. */
export function readFamilyScript({ request }: StepContext, file: string): string {
  try {
    return readFileSync(resolveInside(request.family.folder, file), 'utf8').replace(/^#!.*\n/, '')
  } catch (cause) {
    throw new UsageError(`the script ${file} cannot be read: ${messageOf(cause)}`, { cause })
  }
}
