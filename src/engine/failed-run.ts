import { constants } from 'node:os'
import { parseDiagnostic } from './diagnostic.ts'

/** What the SDK keeps of a run of the engine that failed. Its types leave this out. */
interface FailedRun {
  readonly commandResult?: { readonly err?: { readonly exitCode?: number; readonly signal?: string; readonly stderr?: string } }
}

/** The signal that ended the engine from outside; undefined if the engine ended by itself. */
export function findKillSignal(error: unknown): string | undefined {
  const run = (error as FailedRun | undefined)?.commandResult?.err
  if (run?.signal !== undefined) return run.signal
  // A shell, and the wrapper of the engine, report a signal as 128 and its number.
  const number = (run?.exitCode ?? 0) - 128
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0]
}

/** What the engine wrote about its failure; undefined if the error is not one of the engine. */
export function findEngineMessage(error: unknown): string | undefined {
  const stderr = (error as FailedRun | undefined)?.commandResult?.err?.stderr
  if (stderr === undefined) return undefined
  const at = stderr.indexOf('error: ')
  return parseDiagnostic(at < 0 ? stderr : stderr.slice(at)) || 'the Pulumi engine failed without a message'
}
