import { rmSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chooseCloud, cloudNames } from '../cloud/choose.ts'
import type { Cloud, Created } from '../cloud/cloud.ts'
import { messageOf } from '../core/errors.ts'
import { buildFolder, homeFolder } from '../core/paths.ts'
import { isRunning, type ProcessIdentity } from '../core/process-identity.ts'
import { listRecords } from '../records/history.ts'
import type { BuildRecord } from '../records/record.ts'
import type { Reap, Reaped, ReapOptions } from './api.ts'
import { keepOnlyImage, whyEnded } from './ended.ts'
import { removeKeys } from './keys.ts'
import { findState, knownStack, type ListedStack, listStacks, type OpenStack } from './stack.ts'

/**
 * Removes what builds left behind: whatever carries our tags and is past its expiry or belongs to a build that has
 * ended, leases of dead processes, and build stacks that hold nothing. A promoted image is never touched.
 */
export const reap: Reap = async (options, signal) => {
  const running = await runningFamilies()
  const records = await listRecords(options.family)
  const ended = endedBuilds(records, { running, kept: options.kept })
  const reaped: Reaped[] = []
  for (const name of options.cloud === undefined ? cloudNames : [options.cloud]) {
    signal.throwIfAborted()
    reaped.push(...(await reapCloud(name, options, ended)))
  }
  reaped.push(...(await reapStacks(options, running, { records, ended })))
  reaped.push(...(await reapLeases(options)))
  return reaped
}

async function reapCloud(name: string, options: ReapOptions, ended: ReadonlyMap<string, string>): Promise<Reaped[]> {
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
    const why = whyLeftover(each, ended)
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
export function whyLeftover({ tags }: Pick<Created, 'tags'>, ended: ReadonlyMap<string, string>, now = new Date()): string | undefined {
  if (tags.stage === 'promoted') return undefined
  const expired = tags.expires !== '' && Date.parse(tags.expires) < now.getTime()
  return ended.get(tags.build) ?? (expired ? `expired ${tags.expires}` : undefined)
}

interface Known {
  readonly records: readonly BuildRecord[]
  /** Why builds are over, by build. */
  readonly ended: ReadonlyMap<string, string>
}

/**
 * A build stack without a resource in it records a build that made nothing; of a build that has ended, the image alone stays. Stacks
 * that the records and the backend's list say to be whole are not opened: that is one run of the engine each.
 */
async function reapStacks(options: ReapOptions, running: ReadonlySet<string>, { records, ended }: Known): Promise<Reaped[]> {
  const builds = new Map(records.map((record) => [`${record.family}-${record.version}`, record]))
  const reaped: Reaped[] = []
  for (const listed of await listStacks(options.backend)) {
    const { name } = listed
    const [, family = '', version = ''] = /^(.*)-(\d{4}\.\d{2}\.\d{2}(?:-\d+)?)$/.exec(name) ?? []
    if (!family || (options.family !== undefined && options.family !== family) || running.has(family)) continue
    const record = builds.get(name)
    const over = ended.get(record?.build ?? '')
    if (over === undefined && isWhole(listed, record?.status)) continue
    const state = await findState(name, options.backend)
    if (!state) continue
    const left = state.resources.length + state.pending.length
    const hasImage = state.resources.some(({ name: resource }) => resource === 'image')
    if (left > 0 && (over === undefined || (hasImage && left === 1))) continue
    const folder = buildFolder(family, version)
    const end = async (): Promise<void> => {
      const stack = await knownStack(name, options.backend)
      await (hasImage ? keepOnlyImage(stack, folder) : removeStack(stack, folder))
    }
    reaped.push(await attempt({ cloud: '', kind: 'stack', id: name, family, version, why: over ?? 'it holds no resource' }, options, end))
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

async function removeStack(stack: OpenStack, folder: string): Promise<void> {
  await stack.destroy({ message: `reap ${stack.name}`, signal: AbortSignal.timeout(15 * 60 * 1000) })
  await stack.remove()
  await removeKeys(folder)
}

/** Builds whose temporaries are nobody's any more, and why. */
function endedBuilds(
  records: readonly BuildRecord[],
  about: { readonly running: ReadonlySet<string>; readonly kept: boolean },
): ReadonlyMap<string, string> {
  return new Map(
    records.flatMap((record) => {
      const why = whyEnded(record, about)
      return why === undefined ? [] : [[record.build, why] as const]
    }),
  )
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
