import { rmSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chooseCloud, cloudNames } from '../cloud/choose.ts'
import type { Cloud, Created } from '../cloud/cloud.ts'
import { messageOf } from '../core/errors.ts'
import { buildFolder, homeFolder } from '../core/paths.ts'
import { isRunning, type ProcessIdentity } from '../core/process-identity.ts'
import { listRecords } from '../records/history.ts'
import type { Reap, Reaped, ReapOptions } from './api.ts'
import { keepOnlyImage, whyEnded } from './ended.ts'
import { removeKeys } from './keys.ts'
import { findStack, listStacks, type OpenStack } from './stack.ts'

/**
 * Removes what builds left behind: whatever carries our tags and is past its expiry or belongs to a build that has
 * ended, leases of dead processes, and build stacks that hold nothing. A promoted image is never touched.
 */
export const reap: Reap = async (options, signal) => {
  const running = await runningFamilies()
  const ended = await endedBuilds(options, running)
  const reaped: Reaped[] = []
  for (const name of options.cloud === undefined ? cloudNames : [options.cloud]) {
    signal.throwIfAborted()
    reaped.push(...(await reapCloud(name, options, ended)))
  }
  reaped.push(...(await reapStacks(options, running, ended)))
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

/** A build stack without a resource in it records a build that made nothing; of a build that has ended, the image alone stays. */
async function reapStacks(options: ReapOptions, running: ReadonlySet<string>, ended: ReadonlyMap<string, string>): Promise<Reaped[]> {
  const reaped: Reaped[] = []
  const builds = await buildIds(options.family)
  for (const name of await listStacks(options.backend)) {
    const [, family = '', version = ''] = /^(.*)-(\d{4}\.\d{2}\.\d{2}(?:-\d+)?)$/.exec(name) ?? []
    if (!family || (options.family !== undefined && options.family !== family) || running.has(family)) continue
    const stack = await findStack(name, options.backend)
    const state = await stack?.read()
    if (!stack || !state) continue
    const over = ended.get(builds.get(name) ?? '')
    const left = state.resources.length + state.pending.length
    const hasImage = state.resources.some(({ name: resource }) => resource === 'image')
    if (left > 0 && (over === undefined || (hasImage && left === 1))) continue
    const folder = buildFolder(family, version)
    const leftover = { cloud: '', kind: 'stack', id: name, family, version, why: over ?? 'it holds no resource' }
    reaped.push(await attempt(leftover, options, () => (hasImage ? keepOnlyImage(stack, folder) : removeStack(stack, folder))))
  }
  return reaped
}

async function removeStack(stack: OpenStack, folder: string): Promise<void> {
  await stack.destroy({ message: `reap ${stack.name}`, signal: AbortSignal.timeout(15 * 60 * 1000) })
  await stack.remove()
  await removeKeys(folder)
}

/** Builds whose temporaries are nobody's any more, and why. */
async function endedBuilds(options: ReapOptions, running: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
  const records = await listRecords(options.family)
  return new Map(
    records.flatMap((record) => {
      const why = whyEnded(record, { running, kept: options.kept })
      return why === undefined ? [] : [[record.build, why] as const]
    }),
  )
}

/** The build of each build stack, by the stack's name. */
async function buildIds(family: string | undefined): Promise<ReadonlyMap<string, string>> {
  return new Map((await listRecords(family)).map((record) => [`${record.family}-${record.version}`, record.build]))
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
