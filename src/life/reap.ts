import { rmSync } from 'node:fs'
import type { Cloud, Created } from '../cloud/cloud.ts'
import { chooseCloud, cloudNames } from '../cloud/clouds.ts'
import { defined } from '../core/defined.ts'
import { judgeOwner } from '../core/lock-owner.ts'
import { removeDeadFolders } from '../core/memory-folder.ts'
import type { Engine } from '../engine/engine.ts'
import type { Reaped, ReapOptions } from '../model/leftover.ts'
import { readBuildLocks } from '../records/build-lock.ts'
import { findKnownBuilds, type KnownBuilds, whyDeletable, whyForeign } from './known-builds.ts'
import { openProjectEngine } from './open-engine.ts'
import { reapProcesses } from './reap-processes.ts'
import { reapStacks } from './reap-stacks.ts'
import { removeLeftover } from './remove-leftover.ts'
import { findUnfinishedCopies } from './unfinished-copies.ts'

/**
 * Deletes orphaned resources: tagged resources that have expired or whose build has ended, processes and build locks of ended builds, and
 * empty build stacks. Never deletes a finished promoted image. Throws if the given cloud cannot be reached.
 */
export const reap: Reap = async (options, signal) => {
  const engine = await openProjectEngine(options.backend)
  const known = await findKnownBuilds(engine, options)
  const reaped: Reaped[] = []
  for (const name of options.cloud === undefined ? cloudNames : [options.cloud]) {
    signal.throwIfAborted()
    reaped.push(...(await reapCloud(name, options, { engine, known })))
  }
  reaped.push(...(await reapProcesses(options)))
  reaped.push(...(await reapStacks({ engine, options, known, orphaned: stacksOf(reaped) })))
  reaped.push(...(await reapBuildLocks(options)))
  if (!options.dryRun) {
    const about = { cloud: '', kind: 'secrets', family: '', version: '', why: 'its process has ended', action: 'removed' } as const
    reaped.push(...removeDeadFolders().map((id) => ({ ...about, id })))
  }
  return reaped
}

/** The build stacks of deleted resources, by name, and why those were deleted. */
function stacksOf(reaped: readonly Reaped[]): ReadonlyMap<string, string> {
  const deleted = reaped.filter(({ action, cloud }) => cloud !== '' && (action === 'removed' || action === 'would-remove'))
  return new Map(deleted.map(({ family, version, why }) => [`${family}-${version}`, why]))
}

interface Project {
  readonly engine: Engine
  readonly known: KnownBuilds
}

async function reapCloud(name: string, options: ReapOptions, { engine, known: listed }: Project): Promise<Reaped[]> {
  let cloud: Cloud
  let created: readonly Created[]
  try {
    cloud = await chooseCloud(name)
    created = await cloud.list({ tool: 'bakehouse', ...defined({ family: options.family }) }, regionsOf(listed, name))
  } catch (error) {
    // Without --cloud, all clouds are tried. One that cannot be reached, for example without credentials, is skipped.
    if (options.cloud === undefined) return []
    throw error
  }
  const unfinished = new Set([...listed.unfinished, ...(await findUnfinishedCopies(engine, created))])
  const known: KnownBuilds = { ...listed, unfinished }
  const remove = async (each: Created): Promise<Reaped[]> => {
    const why = whyDeletable(each, known)
    if (why === undefined) return []
    const { kind, id, tags } = each
    const leftover = { cloud: name, kind, id, family: tags.family, version: tags.version, why }
    const alone = whyForeign(each, known)
    if (alone !== undefined) return [{ ...leftover, action: 'left-alone', why: alone }]
    return [await removeLeftover(leftover, options, () => cloud.delete(each))]
  }
  // Builds in parallel. Within a build, in the order of the list: resources that depend on others come first.
  const builds = [...new Set(created.map(({ tags }) => tags.build))]
  const reaped = builds.map(async (build) => {
    const done: Reaped[] = []
    for (const each of created.filter(({ tags }) => tags.build === build)) done.push(...(await remove(each)))
    return done
  })
  return (await Promise.all(reaped)).flat()
}

/** The regions of the promoted images on a cloud. If its copy there is all that a build left, nothing else names its region. */
function regionsOf({ records }: KnownBuilds, cloud: string): ReadonlySet<string> {
  return new Set(records.filter((record) => record.cloud === cloud).flatMap(({ image }) => Object.keys(image?.imagesByRegion ?? {})))
}

async function reapBuildLocks(options: ReapOptions): Promise<Reaped[]> {
  const reaped: Reaped[] = []
  for (const { family, file, owner } of await readBuildLocks()) {
    if (judgeOwner(owner) !== 'gone' || (options.family !== undefined && options.family !== family)) continue
    const leftover = { cloud: '', kind: 'build lock', id: file, family, version: '', why: `process ${owner.pid} has ended` }
    reaped.push(await removeLeftover(leftover, options, async () => rmSync(file, { force: true })))
  }
  return reaped
}

/** The type of `reap`. */
export type Reap = (options: ReapOptions, signal: AbortSignal) => Promise<readonly Reaped[]>
