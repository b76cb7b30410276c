import { rmSync } from 'node:fs'
import { chooseCloud, cloudNames } from '../cloud/choose.ts'
import type { Cloud, Created } from '../cloud/cloud.ts'
import { messageOf } from '../core/errors.ts'
import { isRunning } from '../core/process-identity.ts'
import { listRecords } from '../records/history.ts'
import { markAbandoned, readLeases, runningFamilies } from './abandoned.ts'
import type { Reap, Reaped, ReapOptions } from './api.ts'
import { leasedFamily, readOwner, whyLeaseIsOver } from './backend-lease.ts'
import { findStack, listStacks, type OpenStack } from './stack.ts'

/** Builds that nobody works on any more, by id. */
export interface LostBuilds {
  /** Their record says that they run, and their process is gone. */
  readonly abandoned: ReadonlySet<string>
  /** Those of them in whose stack the promoted copy is not: it was never finished, or never written down. */
  readonly unfinished: ReadonlySet<string>
}

/**
 * Removes what builds left behind: whatever carries our tags and is past its expiry or belongs to a build whose
 * process is gone, leases of dead processes, and build stacks that hold nothing. A finished promoted image is never touched.
 */
export const reap: Reap = async (options, signal) => {
  const running = await runningFamilies()
  const lost = await findLostBuilds(options, running)
  const reaped: Reaped[] = []
  for (const name of options.cloud === undefined ? cloudNames : [options.cloud]) {
    signal.throwIfAborted()
    reaped.push(...(await reapCloud(name, options, lost)))
  }
  reaped.push(...(await reapStacks(options, running, lost)))
  reaped.push(...(await reapLeases(options)))
  reaped.push(...(await reapSharedLeases(options)))
  return reaped
}

async function reapCloud(name: string, options: ReapOptions, lost: LostBuilds): Promise<Reaped[]> {
  let cloud: Cloud
  let created: readonly Created[]
  try {
    cloud = await chooseCloud(name)
    created = await cloud.list({ tool: 'bakehouse', ...(options.family === undefined ? {} : { family: options.family }) })
  } catch (error) {
    // A cloud that nobody asked for and that cannot be reached has no leftovers to tell of.
    if (options.cloud === undefined) return []
    throw error
  }
  const remove = async (each: Created): Promise<Reaped[]> => {
    const why = whyLeftover(each, lost)
    if (why === undefined) return []
    const { kind, id, tags } = each
    const leftover = { cloud: name, kind, id, family: tags.family, version: tags.version, why }
    return [await attempt(leftover, options, () => cloud.delete(each))]
  }
  // Of one build in the order of the list, in which things can be removed.
  const builds = [...new Set(created.map(({ tags }) => tags.build))]
  const reaped = builds.map(async (build) => {
    const done: Reaped[] = []
    for (const each of created.filter(({ tags }) => tags.build === build)) done.push(...(await remove(each)))
    return done
  })
  return (await Promise.all(reaped)).flat()
}

/** Why a thing is nobody's any more; undefined while it is somebody's. */
export function whyLeftover({ tags }: Pick<Created, 'tags'>, { abandoned, unfinished }: LostBuilds, now = new Date()): string | undefined {
  if (tags.stage === 'promoted') return unfinished.has(tags.build) ? 'its build was cut off before it was finished' : undefined
  if (abandoned.has(tags.build)) return 'the process of its build is gone'
  if (tags.expires !== '' && Date.parse(tags.expires) < now.getTime()) return `expired ${tags.expires}`
  return undefined
}

/** A build stack without a resource in it records a build that made nothing; one of an abandoned build is destroyed first. */
async function reapStacks(options: ReapOptions, running: ReadonlySet<string>, { unfinished }: LostBuilds): Promise<Reaped[]> {
  const reaped: Reaped[] = []
  for (const name of await listStacks(options.backend)) {
    const [, family = '', version = ''] = /^(.*)-(\d{4}\.\d{2}\.\d{2}(?:-\d+)?)$/.exec(name) ?? []
    if (!family || (options.family !== undefined && options.family !== family) || running.has(family)) continue
    const stack = await findStack(name, options.backend)
    const state = await stack?.read()
    if (!stack || !state) continue
    const cutOff = unfinished.has(await findBuildId(family, version))
    if (!cutOff && state.resources.length + state.pending.length > 0) continue
    const why = cutOff ? 'the process of its build is gone' : 'it holds no resource'
    reaped.push(await attempt({ cloud: '', kind: 'stack', id: name, family, version, why }, options, () => removeStack(stack)))
  }
  return reaped
}

async function removeStack(stack: OpenStack): Promise<void> {
  await stack.destroy({ message: `reap ${stack.name}`, signal: AbortSignal.timeout(15 * 60 * 1000) })
  await stack.remove()
}

async function findLostBuilds(options: ReapOptions, running: ReadonlySet<string>): Promise<LostBuilds> {
  const records = markAbandoned(await listRecords(options.family), running).filter(({ status }) => status === 'abandoned')
  const unfinished: string[] = []
  for (const { family, version, build } of records) {
    // Where there is no stack, be it in another backend, nothing is known of the image.
    const state = await (await findStack(`${family}-${version}`, options.backend))?.read()
    // The last resource of a build, made when its image is all that it is to be.
    if (state && !state.resources.some(({ name }) => name === 'image')) unfinished.push(build)
  }
  return { abandoned: new Set(records.map(({ build }) => build)), unfinished: new Set(unfinished) }
}

/** Leases that machines took in a shared state and did not give back. */
async function reapSharedLeases(options: ReapOptions): Promise<Reaped[]> {
  const reaped: Reaped[] = []
  for (const name of await listStacks(options.backend)) {
    const family = leasedFamily(name)
    if (family === undefined || (options.family !== undefined && options.family !== family)) continue
    const stack = await findStack(name, options.backend)
    const why = stack && whyLeaseIsOver(await readOwner(stack))
    if (!why) continue
    reaped.push(await attempt({ cloud: '', kind: 'lease', id: name, family, version: '', why }, options, () => stack.remove()))
  }
  return reaped
}

async function findBuildId(family: string, version: string): Promise<string> {
  return (await listRecords(family)).find((record) => record.version === version)?.build ?? ''
}

async function reapLeases(options: ReapOptions): Promise<Reaped[]> {
  const reaped: Reaped[] = []
  for (const { family, file, owner } of await readLeases()) {
    if (isRunning(owner) || (options.family !== undefined && options.family !== family)) continue
    const leftover = { cloud: '', kind: 'lease', id: file, family, version: '', why: `process ${owner.pid} is gone` }
    reaped.push(await attempt(leftover, options, async () => rmSync(file, { force: true })))
  }
  return reaped
}

async function attempt(leftover: Omit<Reaped, 'action'>, options: ReapOptions, remove: () => Promise<void>): Promise<Reaped> {
  if (options.dryRun) return { ...leftover, action: 'would-remove' }
  try {
    await remove()
    return { ...leftover, action: 'removed' }
  } catch (error) {
    return { ...leftover, action: 'failed', why: messageOf(error) }
  }
}
