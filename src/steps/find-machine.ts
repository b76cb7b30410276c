import type { Created } from '../cloud/cloud.ts'
import { chooseCloud } from '../cloud/clouds.ts'
import type { StepContext } from '../guest/context.ts'

/** The machine that is being sealed, as the cloud sees it; undefined when it is gone. */
export async function findMachine({ request }: StepContext, instanceId: string): Promise<Created | undefined> {
  const created = await (await chooseCloud(request.cloud)).list({ build: request.build })
  return created.find(({ kind, id }) => kind === 'instance' && id === instanceId)
}
