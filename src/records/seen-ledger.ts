import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { homeFolder } from '../core/paths.ts'
import { findJson, writeJson } from '../core/write-file.ts'

/** A ledger as this computer last read it from a state in a folder, so that it need not be read again by the engine. */
interface SeenLedger {
  readonly backend: string
  readonly stamp: string
  /** Absent if the family has no ledger. */
  readonly text?: string
}

/**
 * A text that changes with each update of a stack in a folder. Undefined if the state is no folder or has no such stack: then nothing is
 * remembered. The engine writes a new file and renames it, so the number of the file changes, even twice in the same moment.
 */
export function findStamp(backend: string, stack: string): string | undefined {
  if (!backend.startsWith('file:///') || !/^[a-z][a-z0-9-]*$/.test(stack)) return undefined
  try {
    const path = join(fileURLToPath(backend), '.pulumi/stacks/bakehouse', `${stack}.json`)
    const { ino, mtimeNs, size } = statSync(path, { bigint: true })
    return `${ino}-${mtimeNs}-${size}`
  } catch {
    return undefined
  }
}

/** The ledger that was read when the stack had this stamp; undefined if this computer has not read it since its last change. */
export function findSeenLedger(backend: string, family: string, stamp: string | undefined): { readonly text?: string } | undefined {
  const seen = stamp === undefined ? undefined : findJson<SeenLedger>(fileOf(family))
  return seen?.backend === backend && seen.stamp === stamp ? seen : undefined
}

/** Remembers a ledger. `stamp`: from before it was read, so that a change in the meantime is noticed. Does nothing if it cannot be written. */
export function rememberLedger(
  family: string,
  seen: { readonly backend: string; readonly stamp: string | undefined; readonly text?: string },
): void {
  if (seen.stamp === undefined) return
  try {
    mkdirSync(folder(), { recursive: true })
    writeJson(fileOf(family), seen)
  } catch {
    // The next command reads the state again.
  }
}

function fileOf(family: string): string {
  return join(folder(), `${family}.json`)
}

function folder(): string {
  return join(homeFolder(), 'ledgers')
}
