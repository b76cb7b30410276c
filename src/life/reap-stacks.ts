import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { buildFolder } from '../core/paths.ts'
import type { Engine, ListedStack } from '../engine/engine.ts'
import type { OpenStack } from '../engine/stack.ts'
import { buildFiles } from '../model/build-folder.ts'
import type { Reaped, ReapOptions } from '../model/leftover.ts'
import type { BuildRecord } from '../model/record.ts'
import { isYoung, lockedFamily, readOwner, whyLockIsStale } from '../records/shared-build-lock.ts'
import { keepOnlyImage } from './keep-only-image.ts'
import { type KnownBuilds, parseStackName } from './known-builds.ts'
import { removeKeys } from './remove-build.ts'
import { removeLeftover } from './remove-leftover.ts'
import { hasFinishedImage } from './unfinished-copies.ts'

/** A stack with at most this many resources may hold only bookkeeping: the stack resource itself, its providers, and its request. */
const bookkeeping = 5

/** Resources of a build that its stack has only until the image is all that is kept. */
const temporary: ReadonlySet<string> = new Set(['base', 'configure', 'seal', 'candidate', 'trial', 'verify'])

interface StackSearch {
  readonly engine: Engine
  readonly options: ReapOptions
  readonly known: Pick<KnownBuilds, 'records' | 'running' | 'ended' | 'stacks'>
  /** Stacks by name whose resources were deleted in a cloud, and why. */
  readonly orphaned: ReadonlyMap<string, string>
}

/** Removes orphaned stacks: build stacks, and build locks in a shared state whose owner has ended. */
export async function reapStacks(search: StackSearch): Promise<Reaped[]> {
  const { engine, options, known } = search
  const records = new Map(known.records.map((record) => [`${record.family}-${record.version}`, record]))
  const isSelected = (family: string): boolean => options.family === undefined || options.family === family
  const reaped: (Reaped | undefined)[] = []
  for (const stack of known.stacks.values()) {
    const locked = lockedFamily(stack.name)
    if (locked !== undefined && isSelected(locked) && !known.running.has(locked))
      reaped.push(await reapSharedBuildLock(engine, stack.name, locked, options))
    const build = parseStackName(stack.name)
    if (!build || !isSelected(build.family) || known.running.has(build.family)) continue
    reaped.push(await reapBuild({ stack, ...build, record: records.get(stack.name) }, search))
  }
  return reaped.filter((each) => each !== undefined)
}

interface BuildStack {
  readonly stack: ListedStack
  readonly family: string
  readonly version: string
  readonly record: BuildRecord | undefined
}

/**
 * Removes a build stack without resources. For a promoted build that has ended, removes everything except the image. A stack that is
 * complete according to its record and to the list of stacks is not opened, because opening a stack takes one run of the engine. A young
 * stack without a record is left alone: another computer may have just created it. Without a record, a build has ended if its resources
 * had expired.
 */
async function reapBuild(
  { stack, family, version, record }: BuildStack,
  { engine, options, known, orphaned }: StackSearch,
): Promise<Reaped | undefined> {
  const over = known.ended.get(record?.build ?? '') ?? orphaned.get(stack.name)
  if (over === undefined && (isComplete(stack, record?.status) || (!record && isYoung(stack)))) return undefined
  const state = await engine.findState(stack.name)
  if (!state) return undefined
  const left = state.resources.length + state.pending.length
  const hasImage = hasFinishedImage(state)
  // The request is needed to keep the image. Earlier versions did not write it to the state: only the computer of the build has it.
  if (hasImage && !state.attachment && !existsSync(join(buildFolder(family, version), buildFiles.request))) return undefined
  if (left > 0 && (over === undefined || (hasImage && !state.resources.some(({ name }) => temporary.has(name))))) return undefined
  const leftover = { cloud: '', kind: 'stack', id: stack.name, family, version, why: over ?? 'it holds no resource' }
  return removeLeftover(leftover, options, async () => {
    const open = await engine.knownStack(stack.name)
    await (hasImage ? keepOnlyImage(open, state, buildFolder(family, version)) : removeStack(open, buildFolder(family, version)))
  })
}

/** Whether a stack certainly holds a promoted image: by its record or, if another computer built it, by its number of resources. */
export function isComplete({ resourceCount = 0 }: Pick<ListedStack, 'resourceCount'>, status: BuildRecord['status'] | undefined): boolean {
  if (resourceCount === 0 || status === 'running' || status === 'interrupted') return false
  return status === 'promoted' || resourceCount > bookkeeping
}

async function removeStack(stack: OpenStack, folder: string): Promise<void> {
  await stack.destroy({ message: `reap ${stack.name}`, signal: AbortSignal.timeout(15 * 60 * 1000) })
  await stack.remove()
  await removeKeys(folder)
}

async function reapSharedBuildLock(engine: Engine, name: string, family: string, options: ReapOptions): Promise<Reaped | undefined> {
  const stack = await engine.knownStack(name)
  const why = whyLockIsStale(await readOwner(stack))
  return why === undefined
    ? undefined
    : removeLeftover({ cloud: '', kind: 'build lock', id: name, family, version: '', why }, options, () => stack.remove())
}
