import { rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { RejectedError } from '../../../core/errors.ts'
import { findLocalMachine, isMachineRunning, machineFiles } from '../machines/machine.ts'
import type { CopyInputs, ImageInputs } from '../machines/spec.ts'
import { findDamage, flatten, readDiskInfo } from '../qemu/img.ts'
import { explainFullDisk, requireSpace } from '../store/free-space.ts'
import { digestFile, findImage, flatPath, imagePath, publishImage, type StoredImage, temporaryPath } from '../store/images.ts'

/** A copy of a candidate in one file, not published yet. */
interface Flat {
  readonly path: string
  readonly digest: string
}

/** Running copies of this process, by candidate. They are made while the trials run, and published only after verify passed. */
const flattening = new Map<string, Promise<Flat>>()

/**
 * Makes an image from the disk of a stopped instance by renaming the disk; its backing file stays the same. Also starts the copy that will
 * be promoted, with low priority and under a name that is not that of an image.
 */
export async function makeCandidate(spec: ImageInputs, signal: AbortSignal): Promise<StoredImage> {
  const machine = await findLocalMachine(spec.instanceId)
  if (!machine) throw new RejectedError(`machine ${spec.instanceId} does not exist, so no image can be made of it`)
  if (isMachineRunning(machine))
    throw new RejectedError(`machine ${spec.instanceId} is still running: an image can only be made of a stopped machine`)
  const aside = await temporaryPath(spec.name)
  await rename(machineFiles(machine).disk, aside)
  const made = await publish(aside, { name: spec.name, tags: spec.tags, digest: '', created: new Date().toISOString() })
  const copy = makeFlat(spec.name, spec.compress, signal)
  // The error is thrown where the copy is awaited. This avoids an unhandled rejection before that.
  copy.catch(() => {})
  flattening.set(spec.name, copy)
  return made
}

/** Copies an image to one file without a backing file, and publishes it as an image. */
export async function copyImage(spec: CopyInputs, signal: AbortSignal): Promise<StoredImage> {
  if (!(await findImage(spec.source))) throw new RejectedError(`image ${spec.source} does not exist, so it cannot be copied`)
  const { path, digest } = await (flattening.get(spec.source) ?? makeFlat(spec.source, spec.compress, signal))
  return publish(path, { name: spec.name, tags: spec.tags, digest, created: new Date().toISOString() })
}

async function makeFlat(name: string, compress: boolean, signal: AbortSignal): Promise<Flat> {
  const [source, path] = [imagePath(name), flatPath(name)]
  const needed = await sizeOfChain(source)
  await requireSpace(dirname(path), needed, `The image ${name}`)
  try {
    await flatten({ source, sourceFormat: 'qcow2', target: path, compress }, signal)
  } catch (error) {
    throw await explainFullDisk(error, dirname(path), needed, `The image ${name}`)
  }
  const damage = await findDamage(path)
  if (damage) throw new Error(`the copy of ${name} is damaged: ${damage}`)
  return { path, digest: await digestFile(path) }
}

/** The size in bytes of a disk with all its backing files. A copy is not larger. */
async function sizeOfChain(file: string): Promise<number> {
  const { actualSize, backing } = await readDiskInfo(file)
  return actualSize + (backing === undefined ? 0 : await sizeOfChain(backing))
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
