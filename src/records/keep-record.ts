import type { Engine } from '../engine/engine.ts'
import type { StackState } from '../engine/state.ts'
import type { BuildRecord } from '../model/record.ts'
import { addRecord, parseLedger, renderLedger } from './ledger.ts'

/** The record of one build in the state of its family. The caller holds the build lock of the family. */
export interface KeptRecord {
  /** The family stack with the record; waits until it is written. */
  state(): Promise<StackState>
  /** The ledger with the final record, for the update that promotes the image. */
  promoted(record: BuildRecord): Promise<string>
  /** Writes the final record of a build that promoted nothing. */
  end(record: BuildRecord): Promise<void>
}

/**
 * Writes the record of a build to the family stack: now, so that other computers know the build even if this one disappears, and again at
 * its end. Each takes one run of the engine. `state`: the family stack; undefined before the first build, then it is created.
 */
export function keepRecord(engine: Engine, begun: BuildRecord, state: StackState | undefined): KeptRecord {
  let mayHaveChanged = false
  const first = writeRecord(engine, begun, state)
  // An error is thrown where the promise is awaited.
  first.catch(() => {})
  return {
    state: () => first,
    async promoted(record) {
      const { attachment } = await first
      mayHaveChanged = true
      return renderLedger(addRecord(parseLedger(attachment), record))
    },
    async end(record) {
      const known = await first.catch(() => undefined)
      await writeRecord(engine, record, mayHaveChanged || !known ? await engine.findState(begun.family) : known)
    },
  }
}

/** Writes a record to the family stack, whose content is `state`. Returns its new content. */
export async function writeRecord(engine: Engine, record: BuildRecord, state: StackState | undefined): Promise<StackState> {
  const attachment = renderLedger(addRecord(parseLedger(state?.attachment), record))
  const [stack, current] = await openFamily(engine, record.family, state)
  await stack.attach(attachment, current)
  return { ...current, attachment }
}

async function openFamily(engine: Engine, family: string, state: StackState | undefined) {
  if (state) return [await engine.knownStack(family), state] as const
  const stack = (await engine.createStack(family)) ?? (await engine.knownStack(family))
  return [stack, await stack.read()] as const
}
