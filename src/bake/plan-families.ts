import { chooseCloud } from '../cloud/clouds.ts'
import { defined } from '../core/defined.ts'
import { BakehouseError, messageOf } from '../core/errors.ts'
import { readFamily } from '../family/read-family.ts'
import { findLatestGood } from '../life/latest-good.ts'
import { openProjectEngine } from '../life/open-engine.ts'
import { type Family, findBaseFamily } from '../model/family.ts'
import type { PlannedFamily } from '../model/planned-family.ts'
import { findBases, inOrder } from './family-order.ts'
import { readInputs } from './resolve.ts'

interface PlanOptions {
  /** Overrides the cloud of the families. */
  readonly cloud?: string | undefined
  readonly backend?: string | undefined
  readonly signal: AbortSignal
}

type Read = { readonly family: string; readonly read?: Family; readonly error?: unknown }

/**
 * Says which of these families need a build, and why; parent families first. It compares what `bake --if-changed` compares. A family needs
 * one too if its parent does. Secrets of the families are not needed. A problem with one family is in its result, and not thrown.
 */
export async function planFamilies(names: readonly string[], options: PlanOptions): Promise<PlannedFamily[]> {
  const found = await Promise.all(names.map((family) => readOne(family, options.cloud)))
  const bases = findBases(found.flatMap(({ read }) => read ?? []))
  const planned = new Map<string, PlannedFamily>()
  for (const { family, read, error } of inOrder(found, bases)) {
    const one = read ? await planOne(read, planned, options) : failed({ family }, error)
    planned.set(family, one)
  }
  return [...planned.values()]
}

async function readOne(family: string, cloud: string | undefined): Promise<Read> {
  try {
    return { family, read: await readFamily(family, defined({ cloud })) }
  } catch (error) {
    return { family, error }
  }
}

async function planOne(family: Family, planned: ReadonlyMap<string, PlannedFamily>, options: PlanOptions): Promise<PlannedFamily> {
  const parent = findBaseFamily(family.base)
  const facts = { family: family.name, cloud: family.cloud, ...defined({ parent }) }
  try {
    const engine = await openProjectEngine(options.backend)
    const good = await findLatestGood(engine, family.name)
    const known = { ...facts, ...defined({ latest: good?.version }) }
    if (!good) return { ...known, needsBuild: true, why: 'it has no promoted image yet' }
    if (parent !== undefined && planned.get(parent)?.needsBuild)
      return { ...known, needsBuild: true, why: `its parent family ${parent} needs a build` }
    const cloud = await chooseCloud(family.cloud)
    const { inputsDigest, base } = await readInputs(
      { family, cloud, engine },
      { progress: () => {}, warn: () => {}, signal: options.signal },
    )
    if (inputsDigest === good.inputsDigest) return { ...known, needsBuild: false, why: 'its inputs are those of its latest good image' }
    const isSameBase = base.name === good.baseImage
    return { ...known, needsBuild: true, why: isSameBase ? 'its files, its settings or its tools changed' : 'its base image changed' }
  } catch (error) {
    options.signal.throwIfAborted()
    return failed(facts, error)
  }
}

function failed(facts: Pick<PlannedFamily, 'family' | 'cloud' | 'parent'>, error: unknown): PlannedFamily {
  const message = messageOf(error)
  return {
    ...facts,
    why: message.split('\n')[0] ?? message,
    error: { message, exitCode: error instanceof BakehouseError ? error.exitCode : 1 },
  }
}
