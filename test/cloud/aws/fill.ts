import {
  CopyImageCommand,
  CreateImageCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  EC2Client,
  ImportKeyPairCommand,
  RunInstancesCommand,
  type TagSpecification,
} from '@aws-sdk/client-ec2'
import { retryUntilFound } from '../../../src/cloud/aws/clients.ts'
import { renderTags } from '../../../src/cloud/aws/tags.ts'
import type { Tags } from '../../../src/model/tags.ts'
import { motoImage } from '../../aws/moto.ts'

/** Creates the resources that a build leaves if it is killed before its clean-up. Returns their IDs by kind. */
export async function fillBuild(tags: Tags, others: readonly string[] = []): Promise<Record<string, string>> {
  const client = new EC2Client({ maxAttempts: 12 })
  const Tags = Object.entries(renderTags(tags, 'left-over', others)).map(([Key, Value]) => ({ Key, Value }))
  const tagged = (ResourceType: TagSpecification['ResourceType'] & string): TagSpecification => ({ ResourceType, Tags })
  const KeyName = `key-${tags.build}`
  const key = await client.send(
    new ImportKeyPairCommand({ KeyName, PublicKeyMaterial: Buffer.from(publicKey), TagSpecifications: [tagged('key-pair')] }),
  )
  const group = await client.send(
    new CreateSecurityGroupCommand({ GroupName: KeyName, Description: 'test', TagSpecifications: [tagged('security-group')] }),
  )
  const run = await client.send(
    new RunInstancesCommand({ ImageId: motoImage, MinCount: 1, MaxCount: 1, TagSpecifications: [tagged('instance'), tagged('volume')] }),
  )
  const instance = run.Instances?.[0]?.InstanceId ?? ''
  const image = await retryUntilFound('test', () =>
    client.send(new CreateImageCommand({ InstanceId: instance, Name: `image-${tags.build}`, TagSpecifications: [tagged('image')] })),
  )
  const ids = { instance, image: image.ImageId ?? '', key: key.KeyName ?? '', network: group.GroupId ?? '' }
  for (const region of others) {
    const there = new EC2Client({ region, maxAttempts: 12 })
    const source = { SourceImageId: ids.image, SourceRegion: process.env.AWS_REGION ?? '', Name: `image-${tags.build}` }
    const copy = await retryUntilFound('test', () => there.send(new CopyImageCommand(source)))
    await retryUntilFound('test', () => there.send(new CreateTagsCommand({ Resources: [copy.ImageId ?? ''], Tags })))
    Object.assign(ids, { [region]: copy.ImageId })
  }
  return ids
}

const publicKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPLTQ0m5OQ2zpBY8nUCqv2B5iM6LBeP9qOeJ1Wc3mM6d test'
