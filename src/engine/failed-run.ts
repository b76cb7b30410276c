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

/** A lock of a stack, as the engine names it. */
interface StackLock {
  readonly user: string
  readonly host: string
  readonly pid: number
  readonly since: string
}

/** The locks that an operation of the engine failed because of; empty if it failed for another reason. */
export function findLocks(error: unknown): StackLock[] {
  const found = (findFailedRun(error)?.stderr ?? '').matchAll(/created by ([^\s@]+)@(\S+) \(pid (\d+)\)(?: at (\S+))?/g)
  return [...found].map(([, user = '', host = '', pid, since = 'unknown']) => ({ user, host, pid: Number(pid), since }))
}

/** Whether the engine failed because another process updates the stack. Pulumi Cloud answers 409 then. */
export function isLocked(error: unknown): boolean {
  return /currently locked|\[409\]|StatusCode: 409|another update is currently in progress/i.test(findFailedRun(error)?.stderr ?? '')
}

/** Whether the engine failed because of locks, and all of them belong to processes of this computer that have ended (killed engines). */
export function hasStaleLock(error: unknown): boolean {
  const locks = findLocks(error)
  return locks.length > 0 && locks.every(({ host, pid }) => host === hostname() && findProcess(pid) === undefined)
}
