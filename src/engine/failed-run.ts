import { constants, hostname } from 'node:os'
import { findProcess } from '../core/process-identity.ts'
import { findFailedRun } from './automation.ts'
import { parseDiagnostic } from './diagnostic.ts'

/** The signal that killed the engine; undefined if the engine ended by itself. */
export function findKillSignal(error: unknown): string | undefined {
  const run = findFailedRun(error)
  if (run?.signal !== undefined) return run.signal
  // A shell, and the wrapper of the engine, report a signal as exit code 128 + its number.
  const number = (run?.exitCode ?? 0) - 128
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0]
}

/** The error message of the engine; undefined if the error does not come from the engine. */
export function findEngineMessage(error: unknown): string | undefined {
  const stderr = findFailedRun(error)?.stderr
  if (stderr === undefined) return undefined
  const at = stderr.indexOf('error: ')
  return parseDiagnostic(at < 0 ? stderr : stderr.slice(at)) || 'the Pulumi engine failed without a message'
}

/** Whether the engine failed because of locks, and all of them belong to processes of this computer that have ended (killed engines). */
export function hasStaleLock(error: unknown): boolean {
  const owners = [...(findFailedRun(error)?.stderr ?? '').matchAll(/created by \S+@(\S+) \(pid (\d+)\)/g)]
  return owners.length > 0 && owners.every(([, host, pid]) => host === hostname() && findProcess(Number(pid)) === undefined)
}
