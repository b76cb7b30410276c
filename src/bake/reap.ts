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

/**
 * Removes what builds left behind: whatever carries our tags and is past its expiry or belongs to a build whose
 * process is gone, leases of dead processes, and build stacks that hold nothing. A promoted image is never touched.
 */
export const reap: Reap = async (options, signal) => {
  const running = await runningFamilies()
  const abandoned = await abandonedBuilds(options, running)
  const reaped: Reaped[] = []
  for (const name of options.cloud === undefined ? cloudNames : [options.cloud]) {
    signal.throwIfAborted()
    reaped.push(...(await reapCloud(name, options, abandoned)))
  }
  reaped.push(...(await reapStacks(options, running, abandoned)))
  reaped.push(...(await reapLeases(options)))
  reaped.push(...(await reapSharedLeases(options)))
  return reaped
}

async function reapCloud(name: string, options: ReapOptions, abandoned: ReadonlySet<string>): Promise<Reaped[]> {
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
  const leftovers = created.flatMap((each) => {
    const why = whyLeftover(each, abandoned)
    return why ? [{ each, why }] : []
  })
  return Promise.all(
    leftovers.map(({ each, why }) =>
      attempt({ cloud: name, kind: each.kind, id: each.id, family: each.tags.family, version: each.tags.version, why }, options, () =>
        cloud.delete(each),
      ),
    ),
  )
}

/** Why a thing is nobody's any more; undefined while it is somebody's. */
export function whyLeftover({ tags }: Pick<Created, 'tags'>, abandoned: ReadonlySet<string>, now = new Date()): string | undefined {
  if (tags.stage === 'promoted') return undefined
  if (abandoned.has(tags.build)) return 'the process of its build is gone'
  if (tags.expires !== '' && Date.parse(tags.expires) < now.getTime()) return `expired ${tags.expires}`
  return undefined
}

/** A build stack without a resource in it records a build that made nothing; one of an abandoned build is destroyed first. */
async function reapStacks(options: ReapOptions, running: ReadonlySet<string>, abandoned: ReadonlySet<string>): Promise<Reaped[]> {
  const reaped: Reaped[] = []
  for (const name of await listStacks(options.backend)) {
    const [, family = '', version = ''] = /^(.*)-(\d{4}\.\d{2}\.\d{2}(?:-\d+)?)$/.exec(name) ?? []
    if (!family || (options.family !== undefined && options.family !== family) || running.has(family)) continue
    const stack = await findStack(name, options.backend)
    const state = await stack?.read()
    if (!stack || !state) continue
    const cutOff = abandoned.has(await findBuildId(family, version)) && !state.resources.some(({ name: resource }) => resource === 'image')
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

/** Builds whose record says that they run, while no process holds their family. */
async function abandonedBuilds(options: ReapOptions, running: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  const records = markAbandoned(await listRecords(options.family), running)
  return new Set(records.filter(({ status }) => status === 'abandoned').map(({ build }) => build))
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
