import type { Created } from '../cloud/cloud.ts'
import { defined } from '../core/defined.ts'
import type { Engine, ListedStack } from '../engine/engine.ts'
import type { ReapOptions } from '../model/leftover.ts'
import type { BuildRecord } from '../model/record.ts'
import { familiesToRead, listAllRecords } from '../records/all-history.ts'
import { runningFamilies } from '../records/build-lock.ts'
import { settleRecords } from '../records/history.ts'
import { findLockedFamilies, findLockedFamily, lockedFamily } from '../records/shared-build-lock.ts'
import { hasFinishedImage } from './unfinished-copies.ts'

/** The builds of the project, and what may be deleted of them. */
export interface KnownBuilds {
  /** Their records. If the process of a running build does not exist any more, its status is `interrupted`. */
  readonly records: readonly BuildRecord[]
  /** Families that this computer or another one builds now. */
  readonly running: ReadonlySet<string>
  /** IDs of all builds of the records. */
  readonly builds: ReadonlySet<string>
  /** All stacks of the state by name: `<family>-<version>` for a build. */
  readonly stacks: ReadonlyMap<string, ListedStack>
  /** Maps a build ID to the reason why its temporary resources may be deleted. */
  readonly ended: ReadonlyMap<string, string>
  /** IDs of builds that left resources and whose stack has no promoted image: the copy was not finished, or it is not in the state. */
  readonly unfinished: ReadonlySet<string>
}

/** Reads the records and the stacks of builds; those of one family if `options.family` is set. */
export async function findKnownBuilds(engine: Engine, options: ReapOptions): Promise<KnownBuilds> {
  const stacks = await engine.listStacks()
  const running = new Set([...(await runningFamilies()), ...(await findLockedFamilies(engine, stacks))])
  // A build may have started since.
  const findRunning = async (open: readonly string[]): Promise<ReadonlySet<string>> => {
    const others = engine.isShared ? open.filter((family) => !running.has(family)) : []
    const locked = await Promise.all(others.map((family) => findLockedFamily(engine, family)))
    for (const family of [...(await runningFamilies()), ...locked]) if (family !== undefined) running.add(family)
    return running
  }
  const built = [...new Set(stacks.flatMap(({ name }) => parseStackName(name)?.family ?? []))]
  const families = built.filter((family) => options.family === undefined || options.family === family)
  const records = await settleRecords(() => listAllRecords(engine, familiesToRead(engine, families), options.family), findRunning)
  const ended = records.flatMap((record) => {
    const why = whyBuildDeletable(record, options)
    return why === undefined ? [] : [[record.build, why] as const]
  })
  const names = new Set(stacks.map(({ name }) => name))
  const unfinished: string[] = []
  for (const { family, version, build } of records.filter(mayHaveLeft)) {
    // Without a stack (it may be in another backend), it is unknown whether the image is finished. So it is kept.
    const state = names.has(`${family}-${version}`) ? await engine.findState(`${family}-${version}`) : undefined
    if (state && !hasFinishedImage(state)) unfinished.push(build)
  }
  return {
    records,
    builds: new Set(records.map(({ build }) => build)),
    running,
    stacks: new Map(stacks.map((stack) => [stack.name, stack])),
    ended: new Map(ended),
    unfinished: new Set(unfinished),
  }
}

/** The family and the version of a build stack; undefined for other stacks. */
export function parseStackName(name: string): { readonly family: string; readonly version: string } | undefined {
  const [, family, version] = /^(.*)-(\d{4}\.\d{2}\.\d{2}(?:-\d+)?)$/.exec(name) ?? []
  return family && version && lockedFamily(name) === undefined ? { family, version } : undefined
}

/** Whether a build may have left temporary resources: it was killed, or it could not remove them. */
function mayHaveLeft({ status, left }: Pick<BuildRecord, 'status' | 'left'>): boolean {
  return left === undefined ? status === 'interrupted' : left.length > 0
}

/** Returns why the temporary resources of a build may be deleted; undefined if they may not. */
export function whyBuildDeletable(
  { status, keptUntil, left }: Pick<BuildRecord, 'status' | 'keptUntil' | 'left'>,
  { kept, now = new Date() }: { readonly kept: boolean; readonly now?: Date },
): string | undefined {
  if (mayHaveLeft({ status, ...defined({ left }) })) return left ? 'its build could not remove it' : 'its build was interrupted'
  if (keptUntil === undefined) return undefined
  if (kept) return 'it was kept for inspection'
  return Date.parse(keptUntil) < now.getTime() ? `it was kept until ${keptUntil}` : undefined
}

/** Returns why a tagged resource is orphaned and may be deleted; undefined if it is in use. */
export function whyDeletable(
  { tags }: Pick<Created, 'tags'>,
  { ended, unfinished }: Pick<KnownBuilds, 'ended' | 'unfinished'>,
  now = new Date(),
): string | undefined {
  if (tags.stage === 'promoted') return unfinished.has(tags.build) ? 'its build was interrupted before the image was complete' : undefined
  const expired = tags.expires !== '' && Date.parse(tags.expires) < now.getTime()
  return ended.get(tags.build) ?? (expired ? `expired ${tags.expires}` : undefined)
}

/**
 * Returns why `reap` must leave a tagged resource alone: anyone who may write tags can copy those of a build. Undefined if a build of
 * this project made it.
 */
export function whyForeign(
  { tags, foreign }: Pick<Created, 'tags' | 'foreign'>,
  { builds, stacks }: { readonly builds: ReadonlySet<string>; readonly stacks: Pick<ReadonlySet<string>, 'has'> },
): string | undefined {
  const missing = (['family', 'version', 'build', 'stage'] as const).filter((name) => tags[name] === '')
  if (missing.length > 0) return `it lacks the tags of a build: ${missing.join(', ')}`
  if (!builds.has(tags.build) && !stacks.has(`${tags.family}-${tags.version}`)) {
    return `this project has neither a record nor a stack of its build, ${tags.build}`
  }
  return foreign
}
