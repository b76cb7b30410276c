import type { Created } from '../cloud/cloud.ts'
import type { Engine } from '../engine/engine.ts'
import type { ReapOptions } from '../model/leftover.ts'
import type { BuildRecord } from '../model/record.ts'
import { listRecords, markInterrupted } from '../records/history.ts'

/** What is known of the builds of a project. */
export interface KnownBuilds {
  /** A build whose process is gone is `interrupted`. */
  readonly records: readonly BuildRecord[]
  /** Why the temporaries of a build may be deleted, by build. */
  readonly ended: ReadonlyMap<string, string>
  /** Builds that left something and whose stack does not hold the promoted copy: it was never finished, or never recorded. */
  readonly unfinished: ReadonlySet<string>
}

/** What is known of the builds, a family's or all. */
export async function findKnownBuilds(engine: Engine, options: ReapOptions, running: ReadonlySet<string>): Promise<KnownBuilds> {
  const records = markInterrupted(await listRecords(options.family), running)
  const ended = records.flatMap((record) => {
    const why = whyEnded(record, options)
    return why === undefined ? [] : [[record.build, why] as const]
  })
  const unfinished: string[] = []
  for (const { family, version, build } of records.filter(mayHaveLeft)) {
    // Without a stack, or with one in another backend, nothing is known of the image.
    const state = await engine.findState(`${family}-${version}`)
    // The last resource of a build, made when its image is all that it is to be.
    if (state && !state.resources.some(({ name }) => name === 'image')) unfinished.push(build)
  }
  return { records, ended: new Map(ended), unfinished: new Set(unfinished) }
}

/** Whether a build ended and may have left what it made: it was killed, or it could not remove it. */
function mayHaveLeft({ status, left }: Pick<BuildRecord, 'status' | 'left'>): boolean {
  return left === undefined ? status === 'interrupted' : left.length > 0
}

/** Why the temporaries of a build may be deleted; undefined if they may not. */
export function whyEnded(
  { status, keptUntil, left }: Pick<BuildRecord, 'status' | 'keptUntil' | 'left'>,
  { kept, now = new Date() }: { readonly kept: boolean; readonly now?: Date },
): string | undefined {
  if (mayHaveLeft({ status, ...(left ? { left } : {}) })) return left ? 'its build could not remove it' : 'its build was interrupted'
  if (keptUntil === undefined) return undefined
  if (kept) return 'it was kept for inspection'
  return Date.parse(keptUntil) < now.getTime() ? `it was kept until ${keptUntil}` : undefined
}

/** Why a thing that carries the tags of a build may be deleted; undefined if it may not. */
export function whyLeftover(
  { tags }: Pick<Created, 'tags'>,
  { ended, unfinished }: Pick<KnownBuilds, 'ended' | 'unfinished'>,
  now = new Date(),
): string | undefined {
  if (tags.stage === 'promoted') return unfinished.has(tags.build) ? 'its build was cut off before it was finished' : undefined
  const expired = tags.expires !== '' && Date.parse(tags.expires) < now.getTime()
  return ended.get(tags.build) ?? (expired ? `expired ${tags.expires}` : undefined)
}
