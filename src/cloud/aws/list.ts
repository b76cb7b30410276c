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
import { defined } from '../../core/defined.ts'
import type { Tags } from '../../model/tags.ts'
import type { Created } from '../cloud.ts'
import { ask, clients } from './clients.ts'
import { readConsole, saveConsole } from './console.ts'
import { findAccount } from './credentials.ts'
import { parseRegions, parseTags, tagFilters } from './tags.ts'

interface Found {
  readonly kind: Created['kind']
  readonly id: string | undefined
  readonly tags: Tag[] | undefined
  readonly state: Created['state']
  /** Names that it got when it was made and that cannot change later; undefined if it has none. */
  readonly names?: readonly (string | undefined)[]
  /** The account that owns it, where another account may. */
  readonly owner?: string | undefined
}

/** Other regions in which to look for images. */
interface OtherRegions {
  /** Those that tags of resources have named. The list adds more: later, those resources may be deleted, and the images may be left. */
  readonly named: Set<string>
  /** Those that may not be in use any more: one that cannot be asked is left out. */
  readonly regions?: Iterable<string> | undefined
}

/**
 * All resources with the tags of Bakehouse in this region, in the regions that those tags name, and in these other ones, in an order in which
 * they can be deleted. IDs of other regions start with `<region>/`.
 */
export async function listCreated(
  region: string,
  tags: Partial<Tags>,
  { named, regions = [] }: OtherRegions = { named: new Set() },
): Promise<readonly Created[]> {
  const [here, account] = await ask('to list what builds have made', () =>
    Promise.all([listRegion(clients.ec2(region), tags), findAccount()]),
  )
  for (const found of here) for (const other of parseRegions(found.tags)) named.add(other)
  const others = [...new Set([...named, ...regions])].filter((other) => other !== region)
  const there = await Promise.all(
    others.map(async (other) => {
      const found = await ask(`to list images in ${other}`, () => listImages(clients.ec2(other), tags)).catch((error: unknown) => {
        if (named.has(other)) throw error
        return []
      })
      return found.flatMap((each) => toCreated({ ...each, id: `${other}/${each.id}` }, account))
    }),
  )
  return [...here.flatMap((each) => toCreated(each, account)), ...there.flat()]
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
    ...(keys.KeyPairs ?? []).map(
      (key): Found => ({ kind: 'key', id: key.KeyName, tags: key.Tags, state: 'available', names: [key.KeyName] }),
    ),
    ...(networks.SecurityGroups ?? []).map(
      (group): Found => ({
        ...{ kind: 'network', id: group.GroupId, tags: group.Tags, state: 'available' },
        ...{ names: [group.GroupName], owner: group.OwnerId },
      }),
    ),
  ]
}

async function listInstances(client: EC2Client, tags: Partial<Tags>): Promise<Found[]> {
  const alive = { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] }
  const found: Found[] = []
  for await (const page of paginateDescribeInstances({ client }, { Filters: [...tagFilters(tags), alive] })) {
    for (const { InstanceId, Tags, State, KeyName } of (page.Reservations ?? []).flatMap(({ Instances }) => Instances ?? [])) {
      const state = State?.Name === 'stopped' ? 'stopped' : State?.Name === 'pending' ? 'pending' : 'running'
      found.push({ kind: 'instance', id: InstanceId, tags: Tags, state, names: [KeyName] })
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
      names: [image.Name],
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

function toCreated(found: Found, account: string): Created[] {
  const { kind, id, state } = found
  const tags = parseTags(found.tags)
  if (!tags || id === undefined) return []
  const foreign = findForeign(found, tags, account)
  const created = { kind, id, tags, state, ...defined({ foreign }) }
  return kind === 'instance'
    ? [{ ...created, saveConsole: (folder) => saveConsole(id, folder), readConsole: () => readConsole(id) }]
    : [created]
}

/** Why a resource is not of the build in its tags. Names and owner are fixed when it is made; tags are not. */
export function findForeign(
  { kind, names, owner }: Pick<Found, 'kind' | 'names' | 'owner'>,
  { family, version, build }: Tags,
  account: string,
): string | undefined {
  if (owner !== undefined && owner !== account) return `it belongs to the account ${owner}`
  const start = kind === 'image' ? `${family}-${version}` : `bakehouse-${build}-`
  if (names === undefined || names.some((name) => name?.startsWith(start))) return undefined
  const name = names.find(Boolean)
  const what = kind === 'instance' ? 'key pair' : 'name'
  return name === undefined ? `it has no ${what}` : `its ${what} is ${name}, and those of its build begin with ${start}`
}
