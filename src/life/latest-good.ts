import { findState } from '../engine/stack.ts'
import { type LatestGood, parseLatestGood } from '../model/outputs.ts'

/** The latest good image of a family, as its stack has it; undefined before the first promotion. */
export async function findLatestGood(family: string, backend?: string): Promise<LatestGood | undefined> {
  const outputs = (await findState(family, backend))?.outputs
  return outputs?.imageId === undefined ? undefined : parseLatestGood(outputs)
}
