import type { Created } from '../cloud/cloud.ts'
import { chooseCloud } from '../cloud/clouds.ts'
import { BakehouseError, messageOf, RejectedError } from '../core/errors.ts'
import type { StepContext } from '../guest/context.ts'

/** The machine that is being sealed, as the cloud sees it; undefined if it does not exist. Throws RejectedError if the cloud does not answer. */
export async function findMachine({ request }: Pick<StepContext, 'request'>, instanceId: string): Promise<Created | undefined> {
  const cloud = await chooseCloud(request.cloud)
  const created = await cloud.list({ build: request.build }).catch((error: unknown) => {
    throw error instanceof BakehouseError
      ? error
      : new RejectedError(`the cloud ${cloud.name} does not answer: ${messageOf(error)}`, {
          hint: 'check the network and the credentials, and build again',
          cause: error,
        })
  })
  return created.find(({ kind, id }) => kind === 'instance' && id === instanceId)
}
