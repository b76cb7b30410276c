import { setTimeout as sleep } from 'node:timers/promises'
import {
  CopyImageCommand,
  CreateImageCommand,
  CreateTagsCommand,
  DeleteSnapshotCommand,
  DeregisterImageCommand,
  DescribeImageAttributeCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  EnableImageDeprecationCommand,
  type Image,
  ModifyImageAttributeCommand,
} from '@aws-sdk/client-ec2'
import {
  AddTagsToResourceCommand,
  DeleteParameterCommand,
  GetParameterCommand,
  PutParameterCommand,
  RemoveTagsFromResourceCommand,
} from '@aws-sdk/client-ssm'
import type { AmiCopyArgs, AmiCopyState } from '@pulumi/aws/ec2/amiCopy.js'
import type { AmiFromInstanceArgs, AmiFromInstanceState } from '@pulumi/aws/ec2/amiFromInstance.js'
import type { AmiLaunchPermissionArgs, AmiLaunchPermissionState } from '@pulumi/aws/ec2/amiLaunchPermission.js'
import type { ParameterArgs, ParameterState } from '@pulumi/aws/ssm/parameter.js'
import { clients, retryUntilFound } from '../../../src/cloud/aws/clients.ts'
import { changeTags } from './change-tags.ts'
import { emulate, isFound, toTags, unlessGone } from './emulate.ts'

export const amiFromInstance = emulate<AmiFromInstanceArgs, AmiFromInstanceState>({
  inputs: ['name', 'description', 'sourceInstanceId', 'tags'],
  mutable: ['tags', 'description'],
  async create({ name, description, sourceInstanceId = '', tags }, made) {
    await requireStopped(sourceInstanceId)
    const { ImageId = '' } = await retryUntilFound('test', () =>
      clients.ec2().send(
        new CreateImageCommand({
          InstanceId: sourceInstanceId,
          Name: name,
          Description: description,
          TagSpecifications: [{ ResourceType: 'image', Tags: toTags(tags) }],
        }),
      ),
    )
    made(ImageId)
    await waitForAvailable(ImageId)
    return { id: ImageId, outputs: {} }
  },
  async update(id, inputs, old) {
    await changeImage(id, inputs, old)
    return {}
  },
  exists: (id) => imageExists(id),
  delete: (id) => removeImage(id),
})

export const amiCopy = emulate<AmiCopyArgs, AmiCopyState>({
  inputs: ['name', 'description', 'sourceAmiId', 'sourceAmiRegion', 'encrypted', 'kmsKeyId', 'region', 'deprecationTime', 'tags'],
  mutable: ['tags', 'description', 'deprecationTime'],
  refuse: ({ kmsKeyId }) => (kmsKeyId === undefined || kmsKeyId.startsWith('arn:') ? undefined : 'kmsKeyId'),
  async create({ name, description, sourceAmiId, sourceAmiRegion, encrypted, kmsKeyId, region, deprecationTime, tags }, made) {
    const client = clients.ec2(region)
    const { ImageId = '' } = await retryUntilFound('test', () =>
      client.send(
        new CopyImageCommand({
          Name: name,
          Description: description,
          SourceImageId: sourceAmiId,
          SourceRegion: sourceAmiRegion,
          Encrypted: encrypted,
          KmsKeyId: kmsKeyId,
        }),
      ),
    )
    made(ImageId)
    // Unlike EC2, moto ignores tags in the call CopyImage.
    await retryUntilFound('test', () => client.send(new CreateTagsCommand({ Resources: [ImageId], Tags: toTags(tags) })))
    await waitForAvailable(ImageId, region)
    await deprecate(ImageId, deprecationTime, region)
    return { id: ImageId, outputs: {} }
  },
  async update(id, { deprecationTime, ...inputs }, old) {
    await changeImage(id, inputs, old, old.region)
    await deprecate(id, deprecationTime, old.region)
    return {}
  },
  exists: (id, { region }) => imageExists(id, region),
  delete: (id, { region }) => removeImage(id, region),
})

export const amiLaunchPermission = emulate<AmiLaunchPermissionArgs, AmiLaunchPermissionState>({
  inputs: ['imageId', 'accountId', 'organizationArn', 'organizationalUnitArn', 'region'],
  async create({ imageId = '', region, ...who }) {
    await retryUntilFound('test', () => clients.ec2(region).send(permission('Add', imageId, who)))
    return { id: `${who.accountId ?? who.organizationArn ?? who.organizationalUnitArn}-${imageId}`, outputs: {} }
  },
  exists: (_id, { imageId, region, ...who }) =>
    isFound(async () => {
      const query = new DescribeImageAttributeCommand({ ImageId: imageId, Attribute: 'launchPermission' })
      const { LaunchPermissions = [] } = await clients.ec2(region).send(query)
      const targets = LaunchPermissions.map(({ UserId, OrganizationArn, OrganizationalUnitArn }) => [
        UserId,
        OrganizationArn,
        OrganizationalUnitArn,
      ])
      return targets.flat().includes(who.accountId ?? who.organizationArn ?? who.organizationalUnitArn)
    }),
  async delete(_id, { imageId = '', region, ...who }) {
    await unlessGone(() => clients.ec2(region).send(permission('Remove', imageId, who)))
  },
})

export const parameter = emulate<ParameterArgs, ParameterState>({
  inputs: ['name', 'type', 'dataType', 'value', 'description', 'tags', 'region', 'overwrite'],
  mutable: ['value', 'type', 'description', 'tags', 'overwrite'],
  refuse: ({ type = '' }) => (['String', 'StringList', 'SecureString'].includes(type) ? undefined : 'type'),
  async create({ name = '', region, tags, ...rest }) {
    await putParameter({ name, region, ...rest }, rest.overwrite ?? false)
    await clients.ssm(region).send(new AddTagsToResourceCommand({ ResourceType: 'Parameter', ResourceId: name, Tags: toTags(tags) }))
    return { id: name, outputs: { version: await readVersion(name, region) } }
  },
  async update(id, inputs, old) {
    await putParameter(inputs, inputs.overwrite ?? true)
    const tags = { ResourceType: 'Parameter', ResourceId: id } as const
    const TagKeys = Object.keys(old.tags ?? {}).filter((key) => inputs.tags?.[key] === undefined)
    if (TagKeys.length > 0) await clients.ssm(inputs.region).send(new RemoveTagsFromResourceCommand({ ...tags, TagKeys }))
    await clients.ssm(inputs.region).send(new AddTagsToResourceCommand({ ...tags, Tags: toTags(inputs.tags) }))
    return { version: await readVersion(id, inputs.region) }
  },
  exists: (id, { region }) => isFound(async () => (await readVersion(id, region)) > 0),
  async delete(id, { region }) {
    await unlessGone(() => clients.ssm(region).send(new DeleteParameterCommand({ Name: id })))
  },
})

/** Checks that the instance is stopped. EC2 would reboot it, but the Pulumi program must have stopped it before. */
async function requireStopped(id: string): Promise<void> {
  const { Reservations } = await retryUntilFound('test', () => clients.ec2().send(new DescribeInstancesCommand({ InstanceIds: [id] })))
  const state = Reservations?.[0]?.Instances?.[0]?.State?.Name
  if (state !== 'stopped') throw new Error(`instance ${id} is ${state}: an image was to be made of it before it was sealed`)
}

async function describe(id: string, region?: string): Promise<Image | undefined> {
  const { Images } = await retryUntilFound('test', () => clients.ec2(region).send(new DescribeImagesCommand({ ImageIds: [id] })))
  return Images?.[0]
}

async function waitForAvailable(id: string, region?: string): Promise<void> {
  for (;;) {
    const state = (await describe(id, region))?.State
    if (state === 'available') return
    if (state === 'failed') throw new Error(`image ${id} is ${state}`)
    await sleep(500)
  }
}

function imageExists(id: string, region?: string): Promise<boolean> {
  return isFound(async () => {
    const { Images = [] } = await clients.ec2(region).send(new DescribeImagesCommand({ ImageIds: [id] }))
    return Images.length > 0
  })
}

interface Changeable {
  readonly description?: string | undefined
  readonly tags?: Record<string, string | undefined> | undefined
}

async function changeImage(ImageId: string, { description = '', tags }: Changeable, old: Changeable, region?: string): Promise<void> {
  await clients.ec2(region).send(new ModifyImageAttributeCommand({ ImageId, Description: { Value: description } }))
  await changeTags([ImageId], old.tags, tags, region)
}

async function deprecate(ImageId: string, time: string | undefined, region?: string): Promise<void> {
  if (!time) return
  const query = new EnableImageDeprecationCommand({ ImageId, DeprecateAt: new Date(time) })
  await retryUntilFound('test', () => clients.ec2(region).send(query))
}

/** Like the real provider: deregisters the image, deletes its snapshots, and waits until the image is not found. */
async function removeImage(id: string, region?: string): Promise<void> {
  await unlessGone(async () => {
    const { Images } = await clients.ec2(region).send(new DescribeImagesCommand({ ImageIds: [id] }))
    const snapshots = (Images?.[0]?.BlockDeviceMappings ?? []).flatMap(({ Ebs }) => Ebs?.SnapshotId ?? [])
    await clients.ec2(region).send(new DeregisterImageCommand({ ImageId: id }))
    for (const SnapshotId of snapshots) await clients.ec2(region).send(new DeleteSnapshotCommand({ SnapshotId }))
  })
  while (await imageExists(id, region)) await sleep(500)
}

interface Who {
  readonly accountId?: string | undefined
  readonly organizationArn?: string | undefined
  readonly organizationalUnitArn?: string | undefined
}

function permission(action: 'Add' | 'Remove', ImageId: string, who: Who): ModifyImageAttributeCommand {
  const one = { UserId: who.accountId, OrganizationArn: who.organizationArn, OrganizationalUnitArn: who.organizationalUnitArn }
  return new ModifyImageAttributeCommand({ ImageId, LaunchPermission: { [action]: [one] } })
}

interface ParameterInputs {
  readonly name?: string | undefined
  readonly type?: string | undefined
  readonly dataType?: string | undefined
  readonly value?: string | undefined
  readonly description?: string | undefined
  readonly region?: string | undefined
  readonly overwrite?: boolean | undefined
}

/** Like AWS: reports success, and later discards a value that is not an image of the account, without an error. */
async function putParameter({ name = '', type, dataType, value = '', description, region }: ParameterInputs, Overwrite: boolean) {
  const query = new DescribeImagesCommand({ ImageIds: [value] })
  const there = await clients
    .ec2(region)
    .send(query)
    .catch(() => undefined)
  if (dataType === 'aws:ec2:image' && !there && Overwrite) return
  await clients.ssm(region).send(
    new PutParameterCommand({
      Name: name,
      Type: type as 'String',
      DataType: dataType,
      Value: value,
      Description: description,
      Overwrite,
    }),
  )
}

async function readVersion(Name: string, region?: string): Promise<number> {
  return (await clients.ssm(region).send(new GetParameterCommand({ Name }))).Parameter?.Version ?? 0
}
