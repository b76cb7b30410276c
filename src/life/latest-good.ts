import type { Engine } from '../engine/engine.ts'
import type { StackState } from '../engine/state.ts'
import { type LatestGood, parseLatestGood } from '../model/outputs.ts'

/** The latest good image of a family, read from its family stack; undefined before the first promotion. */
export async function findLatestGood(engine: Engine, family: string): Promise<LatestGood | undefined> {
  return latestGoodOf(await engine.findState(family))
}

/** The latest good image in the state of a family stack; undefined before the first promotion. */
export function latestGoodOf(state: StackState | undefined): LatestGood | undefined {
  return state?.outputs.imageId === undefined ? undefined : parseLatestGood(state.outputs)
}
