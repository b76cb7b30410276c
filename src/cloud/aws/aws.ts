import { GetPasswordDataCommand } from '@aws-sdk/client-ec2'
import type { Cloud } from '../cloud.ts'
import { findBase } from './base-image.ts'
import { clients, findRegion, retryUntilFound } from './clients.ts'
import { listConsumers } from './consumers.ts'
import { checkCredentials } from './credentials.ts'
import { deleteCreated, tagSnapshotsOf } from './delete.ts'
import { findProviderRefusal } from './errors.ts'
import { baseOf } from './family-options.ts'
import { projectTags } from './family-tags.ts'
import { requireFreeNames } from './free-names.ts'
import { findInterruption } from './interruption.ts'
import { listCreated } from './list.ts'
import { checkAccount } from './preflight.ts'

/** EC2, with the region and credentials of the environment. Throws MissingError if no region is set. */
export async function aws(): Promise<Cloud> {
  const region = await findRegion()
  // The SDK may have found the region in a profile. The engine and its plugins must use the same one.
  process.env.AWS_REGION ??= region
  const named = new Set<string>()
  return {
    name: 'aws',
    region,
    async resolveBase(family, { progress, warn, signal, latestGood }) {
      // A mistake in the variable is found before anything else.
      projectTags()
      progress('credentials')
      const account = await checkCredentials(family, warn)
      signal.throwIfAborted()
      progress(`base image, for account ${account} in ${region}`)
      const { base, image } = await findBase(baseOf(family), { region, latestGood })
      signal.throwIfAborted()
      progress('instance type, network, quota, regions')
      await checkAccount(family, image, { region, warn })
      return base
    },
    requireFreeNames: (family, names) => requireFreeNames(family, names, region),
    consumers: (family) => listConsumers(region, family),
    list: (tags, regions) => listCreated(region, tags, { named, regions }),
    tagParts: (created) => tagSnapshotsOf(created, region),
    // A machine that was started by an interrupted command is in no state, and its network cannot be deleted before it.
    removedFirst: ['instance'],
    findInterruption,
    findRefusal: findProviderRefusal,
    delete: (created) => deleteCreated(created, region),
    async findPasswordData(instanceId, signal) {
      const query = new GetPasswordDataCommand({ InstanceId: instanceId })
      const { PasswordData } = await retryUntilFound('to read the password', () => clients.ec2().send(query, { abortSignal: signal }))
      return PasswordData || undefined
    },
  }
}
