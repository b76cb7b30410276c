import { setTimeout as sleep } from 'node:timers/promises'
import {
  CancelSpotInstanceRequestsCommand,
  CreateTagsCommand,
  DeleteKeyPairCommand,
  DeleteSecurityGroupCommand,
  DeleteSnapshotCommand,
  DeleteVolumeCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DisableImageDeregistrationProtectionCommand,
  type EC2Client,
  type Image,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { RejectedError } from '../../core/errors.ts'
import type { Created } from '../cloud.ts'
import { ask, clients } from './clients.ts'
import { codeOf, isNotFound } from './errors.ts'
import { parseId } from './list.ts'
import { waitForTerminated } from './wait.ts'

type Remove = (client: EC2Client, id: string, region: string) => Promise<unknown>

const removers: Record<Created['kind'], Remove> = {
  instance: terminate,
  image: deregister,
  snapshot: (client, SnapshotId) => client.send(new DeleteSnapshotCommand({ SnapshotId })),
  volume: (client, VolumeId) => client.send(new DeleteVolumeCommand({ VolumeId })),
  key: (client, KeyName) => client.send(new DeleteKeyPairCommand({ KeyName })),
  network: deleteSecurityGroup,
}

/** Deletes a resource with what depends on it: an image with its snapshots. Succeeds if the resource does not exist. */
export async function deleteCreated(created: Pick<Created, 'kind' | 'id'>, home: string): Promise<void> {
  const { region, id } = parseId(created.id, home)
  try {
    await ask(`to delete the ${created.kind} ${id}`, () => removers[created.kind](clients.ec2(region), id, region))
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

/**
 * Tags and returns the snapshots of these images. The provider deletes only those that its state names, and an image whose creation has
 * failed has none there.
 */
export async function tagSnapshotsOf(images: readonly Created[], home: string): Promise<readonly Created[]> {
  const found = await Promise.all(
    images
      .filter(({ kind }) => kind === 'image')
      .map(async ({ id, tags, state }) => {
        const place = parseId(id, home)
        const client = clients.ec2(place.region)
        const image = await findImage(client, place.id)
        if (!image) return []
        await tagUntagged(client, image)
        return snapshotsOf(image).map((snapshot) => ({ kind: 'snapshot' as const, id: `${place.region}/${snapshot}`, tags, state }))
      }),
  )
  return found.flat()
}

/** Returns when the instance is terminated: only then can its key pair and its network be deleted. */
async function terminate(client: EC2Client, id: string, region: string): Promise<void> {
  await cancelSpotRequest(client, id)
  await client.send(new TerminateInstancesCommand({ InstanceIds: [id] }))
  await waitForTerminated(id, { deadlineMs: 15 * 60_000, pauseMs: 2_000, region })
}

/** The request of a spot instance can stay open: then EC2 would start another instance when this one is terminated. */
async function cancelSpotRequest(client: EC2Client, id: string): Promise<void> {
  const { Reservations } = await client.send(new DescribeInstancesCommand({ InstanceIds: [id] }))
  const request = Reservations?.[0]?.Instances?.[0]?.SpotInstanceRequestId
  if (request) await client.send(new CancelSpotInstanceRequestsCommand({ SpotInstanceRequestIds: [request] }))
}

async function deregister(client: EC2Client, id: string): Promise<void> {
  const image = await findImage(client, id)
  if (!image) return
  if (image.DeregistrationProtection?.startsWith('enabled')) {
    await client.send(new DisableImageDeregistrationProtectionCommand({ ImageId: id }))
  }
  await tagUntagged(client, image)
  await client.send(new DeregisterImageCommand({ ImageId: id, DeleteAssociatedSnapshots: true }))
  for (const snapshot of snapshotsOf(image)) await deleteLeftSnapshot(client, snapshot)
}

async function findImage(client: EC2Client, id: string): Promise<Image | undefined> {
  const query = { Filters: [{ Name: 'image-id', Values: [id] }], IncludeDisabled: true, IncludeDeprecated: true }
  return (await client.send(new DescribeImagesCommand(query))).Images?.[0]
}

/**
 * Gives the snapshots of an image its tags. The role may delete only what has them, and the snapshots of a build that was killed or failed
 * may lack them.
 */
async function tagUntagged(client: EC2Client, image: Image): Promise<void> {
  const Tags = image.Tags?.filter(({ Key }) => !Key?.startsWith('aws:')) ?? []
  const Resources = snapshotsOf(image)
  if (Resources.length > 0 && Tags.length > 0) await client.send(new CreateTagsCommand({ Resources, Tags })).catch(() => {})
}

/** The snapshots of an image. */
export function snapshotsOf(image: Image): string[] {
  return (image.BlockDeviceMappings ?? []).flatMap(({ Ebs }) => Ebs?.SnapshotId ?? [])
}

/** Deregistering an image also deletes its snapshots if no other image uses them. Some APIs do not support that option. */
async function deleteLeftSnapshot(client: EC2Client, SnapshotId: string): Promise<void> {
  try {
    await client.send(new DeleteSnapshotCommand({ SnapshotId }))
  } catch (error) {
    if (!isNotFound(error) && codeOf(error) !== 'InvalidSnapshot.InUse') throw error
  }
}

/** The network interface of a terminated instance uses its security group for some more seconds. */
async function deleteSecurityGroup(client: EC2Client, GroupId: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await client.send(new DeleteSecurityGroupCommand({ GroupId }))
      return
    } catch (error) {
      if (codeOf(error) !== 'DependencyViolation') throw error
      if (attempt === 24)
        throw new RejectedError(`cannot delete security group ${GroupId}: it is still in use`, {
          hint: `find its users: aws ec2 describe-network-interfaces --filters Name=group-id,Values=${GroupId}`,
          cause: error,
        })
      await sleep(5_000)
    }
  }
}
