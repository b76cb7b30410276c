import {
  DescribeImagesCommand,
  DescribeKeyPairsCommand,
  DescribeSecurityGroupsCommand,
  type EC2Client,
  paginateDescribeInstances,
  paginateDescribeSnapshots,
  paginateDescribeVolumes,
  type Tag,
} from '@aws-sdk/client-ec2'
import type { Tags } from '../../model/tags.ts'
import type { Created } from '../cloud.ts'
import { ask, clients } from './clients.ts'
import { readConsole, saveConsole } from './console.ts'
import { parseRegions, parseTags, tagFilters } from './tags.ts'

interface Found {
  readonly kind: Created['kind']
  readonly id: string | undefined
  readonly tags: Tag[] | undefined
  readonly state: Created['state']
}

/**
 * All resources with the tags of Bakehouse in this region and in the regions that those tags name, in an order in which they can be
 * deleted. IDs of other regions start with `<region>/`.
 */
export async function listCreated(region: string, tags: Partial<Tags>): Promise<readonly Created[]> {
  const here = await ask('to list what builds have made', () => listRegion(clients.ec2(region), tags))
  const others = new Set(here.flatMap((found) => parseRegions(found.tags)).filter((other) => other !== region))
  const there = await Promise.all(
    [...others].map(async (other) => {
      const found = await ask(`to list images in ${other}`, () => listImages(clients.ec2(other), tags))
      return found.flatMap((each) => toCreated({ ...each, id: `${other}/${each.id}` }))
    }),
  )
  return [...here.flatMap(toCreated), ...there.flat()]
}

/** The region and the plain ID of a listed resource. */
export function parseId(id: string, region: string): { region: string; id: string } {
  const [first = '', second] = id.split('/')
  return second === undefined ? { region, id } : { region: first, id: second }
}

async function listRegion(client: EC2Client, tags: Partial<Tags>): Promise<Found[]> {
  const Filters = tagFilters(tags)
  const [instances, images, volumes, keys, networks] = await Promise.all([
    listInstances(client, tags),
    listImages(client, tags),
    listVolumes(client, tags),
    client.send(new DescribeKeyPairsCommand({ Filters })),
    client.send(new DescribeSecurityGroupsCommand({ Filters })),
  ])
  return [
    ...instances,
    ...images,
    ...volumes,
    ...(keys.KeyPairs ?? []).map((key): Found => ({ kind: 'key', id: key.KeyName, tags: key.Tags, state: 'available' })),
    ...(networks.SecurityGroups ?? []).map(
      (group): Found => ({ kind: 'network', id: group.GroupId, tags: group.Tags, state: 'available' }),
    ),
  ]
}

async function listInstances(client: EC2Client, tags: Partial<Tags>): Promise<Found[]> {
  const alive = { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] }
  const found: Found[] = []
  for await (const page of paginateDescribeInstances({ client }, { Filters: [...tagFilters(tags), alive] })) {
    for (const { InstanceId, Tags, State } of (page.Reservations ?? []).flatMap(({ Instances }) => Instances ?? [])) {
      const state = State?.Name === 'stopped' ? 'stopped' : State?.Name === 'pending' ? 'pending' : 'running'
      found.push({ kind: 'instance', id: InstanceId, tags: Tags, state })
    }
  }
  return found
}

/** Images first: a snapshot that an image uses cannot be deleted. */
async function listImages(client: EC2Client, tags: Partial<Tags>): Promise<Found[]> {
  const Filters = tagFilters(tags)
  const { Images = [] } = await client.send(new DescribeImagesCommand({ Owners: ['self'], IncludeDeprecated: true, Filters }))
  const found = Images.map(
    (image): Found => ({
      kind: 'image',
      id: image.ImageId,
      tags: image.Tags,
      state: image.State === 'available' ? 'available' : 'pending',
    }),
  )
  for await (const page of paginateDescribeSnapshots({ client }, { OwnerIds: ['self'], Filters })) {
    for (const { SnapshotId, Tags, State } of page.Snapshots ?? []) {
      found.push({ kind: 'snapshot', id: SnapshotId, tags: Tags, state: State === 'completed' ? 'available' : 'pending' })
    }
  }
  return found
}

/** Only volumes that are not attached: EC2 deletes the others with their instance. */
async function listVolumes(client: EC2Client, tags: Partial<Tags>): Promise<Found[]> {
  const free = { Name: 'status', Values: ['available', 'error'] }
  const found: Found[] = []
  for await (const page of paginateDescribeVolumes({ client }, { Filters: [...tagFilters(tags), free] })) {
    for (const { VolumeId, Tags } of page.Volumes ?? []) found.push({ kind: 'volume', id: VolumeId, tags: Tags, state: 'available' })
  }
  return found
}

function toCreated({ kind, id, tags, state }: Found): Created[] {
  const ours = parseTags(tags)
  if (!ours || id === undefined) return []
  const created = { kind, id, tags: ours, state }
  return kind === 'instance'
    ? [{ ...created, saveConsole: (folder) => saveConsole(id, folder), readConsole: () => readConsole(id) }]
    : [created]
}
