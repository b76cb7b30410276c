import { constants, hostname } from 'node:os'
import { findProcess } from '../core/process-identity.ts'
import { findFailedRun } from './automation.ts'
import { parseDiagnostic } from './diagnostic.ts'

/** The signal that ended the engine from outside; undefined if the engine ended by itself. */
export function findKillSignal(error: unknown): string | undefined {
  const run = findFailedRun(error)
  if (run?.signal !== undefined) return run.signal
  // A shell, and the wrapper of the engine, report a signal as 128 and its number.
  const number = (run?.exitCode ?? 0) - 128
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0]
}

/** What the engine wrote about its failure; undefined if the error is not one of the engine. */
export function findEngineMessage(error: unknown): string | undefined {
  const stderr = findFailedRun(error)?.stderr
  if (stderr === undefined) return undefined
  const at = stderr.indexOf('error: ')
  return parseDiagnostic(at < 0 ? stderr : stderr.slice(at)) || 'the Pulumi engine failed without a message'
}

/** Whether the engine found only locks of processes of this computer that are gone: an engine that was killed leaves its lock. */
export function isLockedByTheDead(error: unknown): boolean {
  const owners = [...(findFailedRun(error)?.stderr ?? '').matchAll(/created by \S+@(\S+) \(pid (\d+)\)/g)]
  return owners.length > 0 && owners.every(([, host, pid]) => host === hostname() && findProcess(Number(pid)) === undefined)
}
