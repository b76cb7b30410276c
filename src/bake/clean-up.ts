import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Created } from '../cloud/cloud.ts'
import { messageOf } from '../core/errors.ts'
import { buildFiles } from '../steps/request.ts'
import type { Plan } from './resolve.ts'
import { findStack } from './stack.ts'

/** What the cloud can tell of the machines of a build from outside, as files in the folder of diagnostics. */
export async function diagnose(plan: Plan, report: (line: string) => void): Promise<void> {
  const folder = join(plan.folder, buildFiles.diagnostics)
  for (const created of await ofBuild(plan)) {
    if (!created.diagnose) continue
    await mkdir(folder, { recursive: true })
    await created.diagnose(folder).catch((error: unknown) => report(`no diagnostics of ${created.id}: ${messageOf(error)}`))
  }
}

/**
 * Removes everything a build made: first through its stack, then whatever carries its tags all the same, because
 * a creation that was cut off is not in the state. The stack goes last, when nothing is left.
 */
export async function removeBuild(plan: Plan, report: (line: string) => void): Promise<void> {
  const stack = await findStack(plan.stackName, plan.request.backend)
  const deadline = AbortSignal.timeout(15 * 60 * 1000)
  await stack
    ?.destroy({ message: `remove the temporaries of ${plan.stackName}`, signal: deadline })
    .catch((error: unknown) => report(`the stack could not be destroyed: ${messageOf(error)}`))
  for (const created of await ofBuild(plan)) {
    await plan.cloud.delete(created).catch((error: unknown) => report(`${created.kind} ${created.id} is left: ${messageOf(error)}`))
  }
  if ((await ofBuild(plan)).length === 0) {
    await stack?.remove().catch((error: unknown) => report(`stack ${plan.stackName} is left: ${messageOf(error)}`))
  }
}

function ofBuild(plan: Plan): Promise<readonly Created[]> {
  return plan.cloud.list({ tool: 'bakehouse', family: plan.family.name, build: plan.build })
}
