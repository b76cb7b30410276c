import type { Engine } from '../engine/engine.ts'
import { type LatestGood, parseLatestGood } from '../model/outputs.ts'

/** The latest good image of a family, read from its family stack; undefined before the first promotion. */
export async function findLatestGood(engine: Engine, family: string): Promise<LatestGood | undefined> {
  const outputs = (await engine.findState(family))?.outputs
  return outputs?.imageId === undefined ? undefined : parseLatestGood(outputs)
}
