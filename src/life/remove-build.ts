import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cloud, Created } from '../cloud/cloud.ts'
import { messageOf } from '../core/errors.ts'
import type { OpenStack } from '../engine/stack.ts'
import { buildFiles } from '../model/build-folder.ts'

/** A build, as far as removing what it made needs it. */
export interface BuildRemains {
  readonly cloud: Cloud
  readonly family: string
  readonly build: string
  readonly folder: string
  readonly stack: OpenStack
}

/**
 * Removes everything a build made: first through its stack, then whatever carries its tags all the same, because
 * a creation that was cut off is not in the state. The stack goes last. Returns what is left, such as `instance i-1`.
 */
export async function removeBuild(remains: BuildRemains, report: (line: string) => void): Promise<readonly string[]> {
  const { stack } = remains
  const isDestroyed = await destroy(stack, report)
  // More than once: a cloud may report that a new thing does not exist, and list it later.
  for (let round = 1; round <= 3; round++) {
    const found = await ofBuild(remains)
    if (found.length === 0) break
    for (const created of found) {
      await remains.cloud.delete(created).catch((error: unknown) => report(`${nameOf(created)} could not be removed: ${messageOf(error)}`))
    }
  }
  const left = await ofBuild(remains)
  if (left.length > 0) return [...left.map(nameOf), `stack ${stack.name}`]
  // What held the stack back is removed by now.
  if (!isDestroyed) await destroy(stack, report)
  try {
    await stack.remove()
    return []
  } catch (error) {
    report(`stack ${stack.name} could not be removed: ${messageOf(error)}`)
    return [`stack ${stack.name}`]
  }
}

function nameOf({ kind, id }: Created): string {
  return `${kind} ${id}`
}

async function destroy(stack: OpenStack, report: (line: string) => void): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(15 * 60 * 1000)
    await stack.destroy({ message: `remove the temporaries of ${stack.name}`, signal })
    return true
  } catch (error) {
    report(`the stack could not be destroyed: ${messageOf(error)}`)
    return false
  }
}

/** What carries the tags of a build. */
export function ofBuild(remains: BuildRemains): Promise<readonly Created[]> {
  return remains.cloud.list({ tool: 'bakehouse', family: remains.family, build: remains.build })
}

/** Removes the private keys of a build: no machine accepts them any more. */
export async function removeKeys(buildFolder: string): Promise<void> {
  await rm(join(buildFolder, buildFiles.keys), { recursive: true, force: true })
}
