import {
  AttachImageWatermarkCommand,
  CreateTagsCommand,
  DeleteTagsCommand,
  DescribeImagesCommand,
  DisableImageDeregistrationProtectionCommand,
  EnableImageDeregistrationProtectionCommand,
  ModifyImageAttributeCommand,
  ModifySnapshotAttributeCommand,
} from '@aws-sdk/client-ec2'
import { clients, retryUntilFound } from './clients.ts'
import { snapshotsOf } from './delete.ts'
import { isNotFound } from './errors.ts'
import { expiresKey } from './tags.ts'
import { imageDeadlineMs, waitForImage } from './wait.ts'

/** Settings of a promoted image that the provider has no resources for. */
export interface FinishRequest {
  readonly imagesByRegion: Readonly<Record<string, string>>
  readonly tags: Readonly<Record<string, string>>
  readonly protect: boolean
  /** Accounts that may copy the images; undefined for none. */
  readonly copiers?: readonly string[]
  /** Name of the watermark; undefined for none. */
  readonly watermark?: string
}

/**
 * In every region: tags the snapshots, requires IMDSv2 for instances of the image, attaches the watermark. After that it protects the
 * images, and removes the time when they expire: until then, `reap` may delete a copy that a killed build left. If anything fails, no image
 * stays protected, so that all can be deleted. It can run again.
 */
export async function finish(request: FinishRequest): Promise<void> {
  const images = Object.entries(request.imagesByRegion)
  await Promise.all(images.map(([region, id]) => complete(region, id, request)))
  try {
    if (request.protect) await Promise.all(images.map(([region, id]) => protect(region, id)))
    await Promise.all(images.map(([region, id]) => removeExpiry(region, id)))
  } catch (error) {
    await release(request)
    throw error
  }
}

async function complete(region: string, ImageId: string, { tags, copiers, watermark }: FinishRequest): Promise<void> {
  await waitForImage(ImageId, { deadlineMs: imageDeadlineMs, region })
  const client = clients.ec2(region)
  await tagSnapshots(ImageId, tags, region)
  if (copiers !== undefined) await shareSnapshots(ImageId, copiers, region)
  const imds = new ModifyImageAttributeCommand({ ImageId, Attribute: 'imdsSupport', ImdsSupport: { Value: 'v2.0' } })
  await retryUntilFound('to require IMDSv2', () => client.send(imds))
  if (watermark === undefined) return
  const mark = new AttachImageWatermarkCommand({ ImageId, WatermarkName: watermark })
  await retryUntilFound('to attach watermarks to images', () => client.send(mark))
}

async function protect(region: string, ImageId: string): Promise<void> {
  const query = new EnableImageDeregistrationProtectionCommand({ ImageId })
  await retryUntilFound('to protect images', () => clients.ec2(region).send(query))
}

async function removeExpiry(region: string, ImageId: string): Promise<void> {
  const query = new DeleteTagsCommand({ Resources: [ImageId], Tags: [{ Key: expiresKey }] })
  await retryUntilFound('to change the tags of images', () => clients.ec2(region).send(query))
}

/** Removes deregistration protection. */
export async function release({ imagesByRegion, protect }: FinishRequest): Promise<void> {
  if (!protect) return
  await Promise.all(
    Object.entries(imagesByRegion).map(async ([region, ImageId]) => {
      try {
        await clients.ec2(region).send(new DisableImageDeregistrationProtectionCommand({ ImageId }))
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
    }),
  )
}

/** An image can be copied by those who may read its snapshots. */
async function shareSnapshots(ImageId: string, accounts: readonly string[], region: string): Promise<void> {
  const permission = { Attribute: 'createVolumePermission' as const, OperationType: 'add' as const, UserIds: [...accounts] }
  for (const SnapshotId of await findSnapshots(ImageId, region)) {
    const share = new ModifySnapshotAttributeCommand({ SnapshotId, ...permission })
    await retryUntilFound('to share snapshots', () => clients.ec2(region).send(share))
  }
}

async function findSnapshots(ImageId: string, region: string): Promise<string[]> {
  const query = new DescribeImagesCommand({ ImageIds: [ImageId] })
  const { Images } = await retryUntilFound('to read images', () => clients.ec2(region).send(query))
  return (Images ?? []).flatMap(snapshotsOf)
}

/** The provider tags only the image. Its snapshots cost money too and need tags. */
export async function tagSnapshots(ImageId: string, tags: Readonly<Record<string, string>>, region: string): Promise<void> {
  const Resources = await findSnapshots(ImageId, region)
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
  if (Resources.length > 0)
    await retryUntilFound('to tag snapshots', () => clients.ec2(region).send(new CreateTagsCommand({ Resources, Tags })))
}
