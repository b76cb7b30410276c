import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildFiles } from '../../model/build-folder.ts'
import type { StepContext } from '../context.ts'

/** The line with which Sysprep gives up. */
const halt = /halting sysprep|Failure occurred while executing/i
/** Lines between the cause and the end. They contain a number only. */
const numbersOnly = /Failed to remove apps for the current user|Exit code of RemoveAllApps thread/

/**
 * The error for which Sysprep stopped, without its time stamp: `SYSPRP Package X was installed for a user, but not provisioned…`. It is
 * the one before the line that stops; errors before it are harmless. Without such a line, it is the last error.
 */
export function findSysprepError(log: string): string | undefined {
  const errors = log.split(/\r?\n/).filter((line) => /,\s*Error\b/.test(line))
  const end = errors.findIndex((line) => halt.test(line))
  const line = end < 0 ? errors.at(-1) : (errors.slice(0, end).findLast((each) => !numbersOnly.test(each)) ?? errors[end])
  return line?.replace(/^.*?,\s*Error\s*(\[[^\]]*\])?\s*/, '').trim()
}

/** Saves the logs of Sysprep to the diagnostics folder. */
export function saveSysprepLogs(context: StepContext, { errors, actions }: { readonly errors: string; readonly actions: string }): void {
  const folder = join(context.folder, buildFiles.diagnostics)
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of Object.entries({ 'setuperr.log': errors, 'setupact.log': actions })) {
    writeFileSync(join(folder, name), context.redactor.text(text), { mode: 0o600 })
  }
}
