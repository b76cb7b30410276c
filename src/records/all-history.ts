import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { homeFolder } from '../core/paths.ts'
import type { Engine } from '../engine/engine.ts'
import type { BuildRecord, History } from '../model/record.ts'
import { runningFamilies } from './build-lock.ts'
import { listRecords, markInterrupted, readHistory } from './history.ts'
import { parseLedger } from './ledger.ts'
import { findLockedFamily } from './shared-build-lock.ts'

/**
 * All builds that this computer or the state knows, newest first: each family takes one run of the engine, however many builds it has.
 * Builds whose process does not exist any more have the status `interrupted`. `families`: those to read from the state.
 */
export async function readAllHistory(engine: Engine | undefined, families: readonly string[], only?: string): Promise<History> {
  const [local, known, running] = await Promise.all([readHistory(only), readKnown(engine, families), runningFamilies()])
  const records = mergeRecords(local.records, known)
  const open = [...new Set(records.filter(({ status }) => status === 'running').map(({ family }) => family))]
  const locked = engine?.isShared ? await Promise.all(open.map((family) => findLockedFamily(engine, family))) : []
  return { ...local, records: markInterrupted(records, new Set([...running, ...locked.flatMap((family) => family ?? [])])) }
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

async function readKnown(engine: Engine | undefined, families: readonly string[]): Promise<BuildRecord[]> {
  if (!engine) return []
  const states = await Promise.all(families.map((family) => engine.findState(family)))
  return states.flatMap((state) => parseLedger(state?.attachment))
}

/** The records of both, newest first. A record of this computer has more details; but if it says `running`, the state may know its end. */
export function mergeRecords(local: readonly BuildRecord[], known: readonly BuildRecord[]): BuildRecord[] {
  const keyOf = ({ family, version, build }: BuildRecord): string => `${family} ${version} ${build}`
  const records = new Map(known.map((record) => [keyOf(record), record]))
  for (const record of local) if (record.status !== 'running' || !records.has(keyOf(record))) records.set(keyOf(record), record)
  return [...records.values()].sort((left, right) => (left.startedAt < right.startedAt ? 1 : -1))
}
