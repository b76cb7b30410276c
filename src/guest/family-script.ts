import { readFileSync } from 'node:fs'
import { messageOf, UsageError } from '../core/errors.ts'
import { resolveInside } from '../core/inside.ts'
import type { StepContext } from './context.ts'

/** The text of a script in the family folder, without a first line `#!…`. The shell of the connection runs it. */
export function readFamilyScript({ request }: StepContext, file: string): string {
  try {
    return readFileSync(resolveInside(request.family.folder, file), 'utf8').replace(/^#!.*\n/, '')
  } catch (cause) {
    throw new UsageError(`the script ${file} cannot be read: ${messageOf(cause)}`, { cause })
  }
}
