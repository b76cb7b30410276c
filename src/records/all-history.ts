import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { defined } from '../core/defined.ts'
import { homeFolder } from '../core/paths.ts'
import type { Engine } from '../engine/engine.ts'
import type { BuildRecord, History } from '../model/record.ts'
import { runningFamilies } from './build-lock.ts'
import { keyOf, listRecords, readHistory, settleRecords } from './history.ts'
import { parseLedger } from './ledger.ts'
import { findSeenLedger, findStamp, rememberLedger } from './seen-ledger.ts'
import { findLockedFamily } from './shared-build-lock.ts'

/** A state whose builds are read. */
export interface HistorySource {
  /** The URL of its backend. */
  readonly backend: string
  readonly isShared: boolean
  /** The families to read. */
  readonly families: readonly string[]
  /** Opens the engine. It takes a second, so it is called only if it is needed. */
  open(): Promise<Engine>
}

/**
 * All builds that this computer or the state knows, newest first: each family takes at most one run of the engine, however many builds it
 * has. Builds whose process does not exist any more have the status `interrupted`.
 */
export async function readAllHistory(source: HistorySource, only?: string): Promise<History> {
  let damaged: History['damaged'] = []
  const read = async (): Promise<BuildRecord[]> => {
    const known = Promise.all(source.families.map((family) => readLedger(source, family)))
    const local = await readHistory(only)
    damaged = local.damaged
    return mergeRecords(local.records, (await known).flat())
  }
  const findRunning = async (families: readonly string[]): Promise<ReadonlySet<string>> => {
    const engine = source.isShared ? await source.open() : undefined
    const locked = engine ? await Promise.all(families.map((family) => findLockedFamily(engine, family))) : []
    return new Set([...(await runningFamilies()), ...locked.flatMap((family) => family ?? [])])
  }
  return { records: await settleRecords(read, findRunning), damaged }
}

async function readLedger({ backend, open }: HistorySource, family: string): Promise<BuildRecord[]> {
  const stamp = findStamp(backend, family)
  const seen = findSeenLedger(backend, family, stamp)
  if (seen) return parseLedger(seen.text)
  const text = (await (await open()).findState(family))?.attachment
  rememberLedger(family, { backend, stamp, ...defined({ text }) })
  return parseLedger(text)
}

/** Like `listRecords`, with the records in the state of these families. */
export async function listAllRecords(engine: Engine, families: readonly string[], only?: string): Promise<BuildRecord[]> {
  const [local, known] = await Promise.all([listRecords(only), readKnown(engine, families)])
  return mergeRecords(local, known)
}

/**
 * The families whose records must be read from the state. The private state of a project knows no more builds than its folder, unless the
 * folder was deleted.
 */
export function familiesToRead(engine: Pick<Engine, 'isShared'>, families: readonly string[]): readonly string[] {
  if (engine.isShared) return families
  const isUsed = existsSync(join(homeFolder(), 'state/.pulumi'))
  return isUsed ? families.filter((family) => !existsSync(join(homeFolder(), 'builds', family))) : []
}

async function readKnown(engine: Engine, families: readonly string[]): Promise<BuildRecord[]> {
  const states = await Promise.all(families.map((family) => engine.findState(family)))
  return states.flatMap((state) => parseLedger(state?.attachment))
}

/** The records of both, newest first. A record of this computer has more details; but if it says `running`, the state may know its end. */
export function mergeRecords(local: readonly BuildRecord[], known: readonly BuildRecord[]): BuildRecord[] {
  const records = new Map(known.map((record) => [keyOf(record), record]))
  for (const record of local) if (record.status !== 'running' || !records.has(keyOf(record))) records.set(keyOf(record), record)
  return [...records.values()].sort((left, right) => (left.startedAt < right.startedAt ? 1 : -1))
}
