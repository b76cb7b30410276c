import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { chooseCloud } from '../../cloud/choose.ts'
import type { Created } from '../../cloud/cloud.ts'
import { messageOf, UsageError } from '../../core/errors.ts'
import type { StepContext } from '../context.ts'

/** The machine that is being sealed, as the cloud sees it; undefined when it is gone. */
export async function findMachine({ request }: StepContext, instanceId: string): Promise<Created | undefined> {
  const created = await (await chooseCloud(request.cloud)).list({ build: request.build })
  return created.find(({ kind, id }) => kind === 'instance' && id === instanceId)
}

/** The family's own script. One that names an interpreter is read by the shell that is already there. */
export function readFamilyScript({ request }: StepContext, file: string): string {
  try {
    return readFileSync(resolve(request.family.folder, file), 'utf8').replace(/^#!.*\n/, '')
  } catch (cause) {
    throw new UsageError(`the script ${file} cannot be read: ${messageOf(cause)}`, { cause })
  }
}
