import type { Created } from '../cloud/cloud.ts'
import type { Engine } from '../engine/engine.ts'
import type { ReapOptions } from '../model/leftover.ts'
import type { BuildRecord } from '../model/record.ts'
import { listRecords, markAbandoned } from '../records/history.ts'

/** What is known of the builds of a project, its records with those as abandoned that were killed. */
export interface KnownBuilds {
  readonly records: readonly BuildRecord[]
  /** Why the temporaries of a build are nobody's any more, by build. */
  readonly ended: ReadonlyMap<string, string>
  /** Killed builds in whose stack the promoted copy is not: it was never finished, or never written down. */
  readonly unfinished: ReadonlySet<string>
}

/** What is known of the builds, a family's or all. */
export async function findKnownBuilds(engine: Engine, options: ReapOptions, running: ReadonlySet<string>): Promise<KnownBuilds> {
  const records = markAbandoned(await listRecords(options.family), running)
  const ended = records.flatMap((record) => {
    const why = whyEnded(record, options)
    return why === undefined ? [] : [[record.build, why] as const]
  })
  const unfinished: string[] = []
  for (const { family, version, build } of records.filter(({ status }) => status === 'abandoned')) {
    // Where there is no stack, be it in another backend, nothing is known of the image.
    const state = await engine.findState(`${family}-${version}`)
    // The last resource of a build, made when its image is all that it is to be.
    if (state && !state.resources.some(({ name }) => name === 'image')) unfinished.push(build)
  }
  return { records, ended: new Map(ended), unfinished: new Set(unfinished) }
}

/** Why the temporaries of a build are nobody's any more; undefined while they are somebody's. */
export function whyEnded(
  { status, keptUntil }: Pick<BuildRecord, 'status' | 'keptUntil'>,
  { kept, now = new Date() }: { readonly kept: boolean; readonly now?: Date },
): string | undefined {
  if (status === 'abandoned') return 'the process of its build is gone'
  if (keptUntil === undefined) return undefined
  if (kept) return 'it was kept for a look'
  return Date.parse(keptUntil) < now.getTime() ? `it was kept until ${keptUntil}` : undefined
}

/** Why a thing that carries our tags is nobody's any more; undefined while it is somebody's. */
export function whyLeftover(
  { tags }: Pick<Created, 'tags'>,
  { ended, unfinished }: Pick<KnownBuilds, 'ended' | 'unfinished'>,
  now = new Date(),
): string | undefined {
  if (tags.stage === 'promoted') return unfinished.has(tags.build) ? 'its build was cut off before it was finished' : undefined
  const expired = tags.expires !== '' && Date.parse(tags.expires) < now.getTime()
  return ended.get(tags.build) ?? (expired ? `expired ${tags.expires}` : undefined)
}
