import { rename, rm } from 'node:fs/promises'
import { BuildFailed } from '../../../core/errors.ts'
import type { CopyInputs, ImageInputs } from '../provider/properties.ts'
import { flatten } from '../qemu/img.ts'
import { asidePath, digestFile, findImage, imagePath, publishImage, type StoredImage } from '../store/images.ts'
import { findInstance, instanceFiles, isInstanceRunning } from './instance.ts'

/** Takes over the disk of a stopped instance as an image that stands on the instance's own: no byte is copied. */
export async function makeCandidate(spec: ImageInputs): Promise<StoredImage> {
  const instance = await findInstance(spec.instanceId)
  if (!instance) throw new BuildFailed(`there is no instance ${spec.instanceId} to make an image of`)
  if (isInstanceRunning(instance)) throw new BuildFailed(`instance ${spec.instanceId} still runs: its disk is not whole`)
  const aside = await asidePath(spec.name)
  await rename(instanceFiles(instance).disk, aside)
  return publish(aside, { name: spec.name, tags: spec.tags, digest: '', created: new Date().toISOString() })
}

/** Copies an image into one file that stands on nothing, and makes that an image of its own. */
export async function copyImage(spec: CopyInputs, signal: AbortSignal): Promise<StoredImage> {
  if (!(await findImage(spec.source))) throw new BuildFailed(`there is no image ${spec.source} to copy`)
  const aside = await asidePath(spec.name)
  await flatten({ source: imagePath(spec.source), sourceFormat: 'qcow2', target: aside, compress: spec.compress }, signal)
  return publish(aside, { name: spec.name, tags: spec.tags, digest: await digestFile(aside), created: new Date().toISOString() })
}

async function publish(aside: string, image: StoredImage): Promise<StoredImage> {
  try {
    await publishImage(aside, image)
    return image
  } catch (error) {
    await rm(aside, { force: true })
    throw error
  }
}
