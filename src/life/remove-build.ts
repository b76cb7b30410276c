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
 * a creation that was cut off is not in the state. The stack goes last, when nothing is left.
 */
export async function removeBuild(remains: BuildRemains, report: (line: string) => void): Promise<void> {
  const { stack } = remains
  const isDestroyed = await destroy(stack, report)
  // More than once: a cloud may say of what is quite new that it is not there, and list it all the same.
  for (let round = 1; round <= 3; round++) {
    const left = await ofBuild(remains)
    if (left.length === 0) break
    for (const created of left) {
      await remains.cloud.delete(created).catch((error: unknown) => report(`${created.kind} ${created.id} is left: ${messageOf(error)}`))
    }
  }
  if ((await ofBuild(remains)).length > 0) return
  // What held the stack back is gone by now.
  if (!isDestroyed) await destroy(stack, report)
  await stack.remove().catch((error: unknown) => report(`stack ${stack.name} is left: ${messageOf(error)}`))
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

export function ofBuild(remains: BuildRemains): Promise<readonly Created[]> {
  return remains.cloud.list({ tool: 'bakehouse', family: remains.family, build: remains.build })
}

/** The keys are worth nothing once their machines are gone. */
export async function removeKeys(buildFolder: string): Promise<void> {
  await rm(join(buildFolder, buildFiles.keys), { recursive: true, force: true })
}
