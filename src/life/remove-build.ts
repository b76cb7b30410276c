import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cloud, Created } from '../cloud/cloud.ts'
import { messageOf } from '../core/errors.ts'
import type { OpenStack } from '../engine/stack.ts'
import { buildFiles } from '../model/build-folder.ts'

/** The properties of a build that are needed to remove its resources. */
export interface BuildRemains {
  readonly cloud: Cloud
  readonly family: string
  readonly build: string
  readonly folder: string
  readonly stack: OpenStack
  /**
   * Whether the state has everything that the build created: no process of it was killed, and it began no copy. Then the stack is removed in
   * the run of the engine that destroys its resources.
   */
  readonly isInState?: boolean
}

/**
 * Removes everything that a build created: first the resources in its stack, then other resources with its tags, because a resource whose
 * creation was interrupted is not in the state. What would prevent that is removed before. Removes the stack last, unless it has everything.
 * Returns what could not be removed, for example `instance i-1`.
 */
export async function removeBuild(remains: BuildRemains, report: (line: string) => void): Promise<readonly string[]> {
  const { stack, cloud } = remains
  const parts = await tagParts(remains).catch((error: unknown) => {
    report(`parts of images could not be tagged: ${messageOf(error)}`)
    return []
  })
  const remove = (created: Created): Promise<void> =>
    cloud.delete(created).catch((error: unknown) => report(`${nameOf(created)} could not be removed: ${messageOf(error)}`))
  await removeFirst(remains, remove)
  const isDestroyed = await destroy(remains, report)
  const isRemoved = isDestroyed && remains.isInState === true
  // Several rounds: a cloud may not list a new resource until some seconds after its creation.
  for (let round = 1; round <= 3; round++) {
    const found = await ofBuild(remains)
    if (found.length === 0) break
    for (const created of found) await remove(created)
  }
  for (const part of parts) await remove(part)
  const left = await ofBuild(remains)
  if (isRemoved) return left.map(nameOf)
  if (left.length > 0) return [...left.map(nameOf), `stack ${stack.name}`]
  // The resources that prevented this before are deleted now.
  if (!isDestroyed) await destroy({ stack }, report)
  try {
    await stack.remove()
    return []
  } catch (error) {
    report(`stack ${stack.name} could not be removed: ${messageOf(error)}`)
    return [`stack ${stack.name}`]
  }
}

/** What prevents the engine from removing the resources in the state. If it cannot be listed, the engine tries without that. */
async function removeFirst(remains: BuildRemains, remove: (created: Created) => Promise<void>): Promise<void> {
  const { removedFirst = [] } = remains.cloud
  if (removedFirst.length === 0) return
  const found = await ofBuild(remains).catch(() => [])
  await Promise.all(found.filter(({ kind }) => removedFirst.includes(kind)).map(remove))
}

/** Before the engine removes an image: after that, its parts may not be listed. */
async function tagParts(remains: BuildRemains): Promise<readonly Created[]> {
  return remains.cloud.tagParts ? remains.cloud.tagParts(await ofBuild(remains)) : []
}

function nameOf({ kind, id }: Created): string {
  return `${kind} ${id}`
}

async function destroy({ stack, isInState }: Pick<BuildRemains, 'stack' | 'isInState'>, report: (line: string) => void): Promise<boolean> {
  try {
    const update = { message: `remove the temporary resources of ${stack.name}`, signal: AbortSignal.timeout(15 * 60 * 1000) }
    await (isInState ? stack.destroyAndRemove(update) : stack.destroy(update))
    return true
  } catch (error) {
    report(`the stack could not be destroyed: ${messageOf(error)}`)
    return false
  }
}

/** The resources of a build. Others may have copies of its tags. */
export async function ofBuild({ cloud, family, build }: BuildRemains): Promise<readonly Created[]> {
  return (await cloud.list({ tool: 'bakehouse', family, build })).filter(({ foreign }) => foreign === undefined)
}

/** Removes the private keys of a build. Its machines do not exist any more. */
export async function removeKeys(buildFolder: string): Promise<void> {
  await rm(join(buildFolder, buildFiles.keys), { recursive: true, force: true })
}
