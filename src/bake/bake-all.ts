import pLimit from 'p-limit'
import { defined } from '../core/defined.ts'
import type { FamilyListener } from '../model/events.ts'
import type { Family } from '../model/family.ts'
import type { BakeOutcome } from '../model/outcome.ts'
import type { BakeRequest } from '../model/request.ts'
import type { BakeFamily } from './bake-family.ts'
import { chooseParallel } from './choose-parallel.ts'
import { findBases, inOrder } from './family-order.ts'

interface Together {
  readonly listen?: FamilyListener
  readonly signal?: AbortSignal
  /** The number of families to build in parallel. */
  readonly parallel?: number | undefined
  /** Builds one family. Default: in a worker process. Tests replace it. */
  readonly bakeFamily?: BakeFamily
}

/**
 * Builds families in parallel. A family waits for its parent family, and is skipped if the parent failed. If there are several, all
 * family files are read first, so that a mistake in one of them stops the command before anything is created.
 */
export async function bakeAll(requests: readonly BakeRequest[], together: Together = {}): Promise<BakeOutcome[]> {
  const families = requests.length > 1 ? await readFamilies(requests) : []
  const bases = findBases(families)
  const { listen = () => {}, signal = new AbortController().signal, parallel } = together
  const { bakeFamily = (await import('./bake-family.ts')).bakeFamily } = together
  const limit = pLimit(parallel ?? (await chooseParallel(families)))
  const outcomes = new Map<string, Promise<BakeOutcome>>()
  const bake = async (request: BakeRequest): Promise<BakeOutcome> => {
    const base = await outcomes.get(bases.get(request.family) ?? '')
    const outcome =
      base && isBad(base)
        ? skipped(request, base)
        : await limit(() => bakeFamily(request, (event) => listen(request.family, event), signal))
    listen(request.family, { type: 'ended', status: outcome.status, at: new Date().toISOString() })
    return outcome
  }
  for (const request of inOrder(requests, bases)) outcomes.set(request.family, bake(request))
  return Promise.all(requests.map(({ family }) => outcomes.get(family) as Promise<BakeOutcome>))
}

async function readFamilies(requests: readonly BakeRequest[]): Promise<Family[]> {
  const { readFamily } = await import('../family/read-family.ts')
  return Promise.all(requests.map(({ family, cloud }) => readFamily(family, defined({ cloud }))))
}

function isBad({ status }: BakeOutcome): boolean {
  return status === 'failed' || status === 'cancelled' || status === 'interrupted'
}

function skipped(request: BakeRequest, base: BakeOutcome): BakeOutcome {
  const exitCode = base.error?.exitCode ?? 10
  return {
    status: base.status,
    family: request.family,
    version: '',
    cloud: base.cloud,
    durationMs: 0,
    phases: [],
    error: {
      message: `not built: its parent family ${base.family} ${base.status === 'failed' ? 'failed' : `was ${base.status}`}`,
      exitCode,
    },
  }
}
