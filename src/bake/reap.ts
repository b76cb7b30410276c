import { rmSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chooseCloud, cloudNames } from '../cloud/choose.ts'
import type { Cloud, Created } from '../cloud/cloud.ts'
import { messageOf } from '../core/errors.ts'
import { homeFolder } from '../core/paths.ts'
import { isRunning, type ProcessIdentity } from '../core/process-identity.ts'
import { listRecords } from '../records/history.ts'
import type { BuildRecord } from '../records/record.ts'
import type { Reap, Reaped, ReapOptions } from './api.ts'
import { findState, knownStack, type ListedStack, listStacks, type OpenStack } from './stack.ts'

/**
 * Removes what builds left behind: whatever carries our tags and is past its expiry or belongs to a build whose
 * process is gone, leases of dead processes, and build stacks that hold nothing. A promoted image is never touched.
 */
export const reap: Reap = async (options, signal) => {
  const running = await runningFamilies()
  const records = await listRecords(options.family)
  const abandoned = abandonedBuilds(records, running)
  const reaped: Reaped[] = []
  for (const name of options.cloud === undefined ? cloudNames : [options.cloud]) {
    signal.throwIfAborted()
    reaped.push(...(await reapCloud(name, options, abandoned)))
  }
  reaped.push(...(await reapStacks(options, running, records)))
  reaped.push(...(await reapLeases(options)))
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

/**
 * A build stack without a resource in it records a build that made nothing; one of an abandoned build is destroyed first. Stacks
 * that the records and the backend's list say to be whole are not opened: that is one run of the engine each.
 */
async function reapStacks(options: ReapOptions, running: ReadonlySet<string>, records: readonly BuildRecord[]): Promise<Reaped[]> {
  const statuses = new Map(records.map(({ family, version, status }) => [`${family}-${version}`, status]))
  const reaped: Reaped[] = []
  for (const listed of await listStacks(options.backend)) {
    const { name } = listed
    const [, family = '', version = ''] = /^(.*)-(\d{4}\.\d{2}\.\d{2}(?:-\d+)?)$/.exec(name) ?? []
    if (!family || (options.family !== undefined && options.family !== family) || running.has(family)) continue
    if (isWhole(listed, statuses.get(name))) continue
    const state = await findState(name, options.backend)
    if (!state) continue
    const cutOff = statuses.get(name) === 'running' && !state.resources.some(({ name: resource }) => resource === 'image')
    if (!cutOff && state.resources.length + state.pending.length > 0) continue
    const why = cutOff ? 'the process of its build is gone' : 'it holds no resource'
    const remove = async (): Promise<void> => removeStack(await knownStack(name, options.backend))
    reaped.push(await attempt({ cloud: '', kind: 'stack', id: name, family, version, why }, options, remove))
  }
  return reaped
}

/** A stack and the providers of its resources: a state of no more than these may hold nothing else. */
const bookkeeping = 4

/** Whether a stack surely holds an image that was promoted, going by its record or, of another machine's build, by its size. */
export function isWhole({ resourceCount = 0 }: Pick<ListedStack, 'resourceCount'>, status: BuildRecord['status'] | undefined): boolean {
  if (resourceCount === 0 || status === 'running') return false
  return status === 'promoted' || resourceCount > bookkeeping
}

async function removeStack(stack: OpenStack): Promise<void> {
  await stack.destroy({ message: `reap ${stack.name}`, signal: AbortSignal.timeout(15 * 60 * 1000) })
  await stack.remove()
}

/** Builds whose record says that they run, while no process holds their family. */
function abandonedBuilds(records: readonly BuildRecord[], running: ReadonlySet<string>): ReadonlySet<string> {
  return new Set(records.filter(({ family, status }) => status === 'running' && !running.has(family)).map(({ build }) => build))
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

async function runningFamilies(): Promise<ReadonlySet<string>> {
  return new Set((await readLeases()).filter(({ owner }) => isRunning(owner)).map(({ family }) => family))
}

async function readLeases(): Promise<{ family: string; file: string; owner: ProcessIdentity }[]> {
  const folder = join(homeFolder(), 'leases')
  const names = await readdir(folder).catch(() => [])
  return Promise.all(
    names.map(async (name) => {
      const file = join(folder, name)
      const owner = JSON.parse(await readFile(file, 'utf8').catch(() => '{"pid":0,"started":""}')) as ProcessIdentity
      return { family: name.replace(/\.json$/, ''), file, owner }
    }),
  )
}
