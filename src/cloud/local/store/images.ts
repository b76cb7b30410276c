import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, isAbsolute, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { UsageError } from '../../../core/errors.ts'
import { isTrusted } from '../../../core/owner.ts'
import { imagesFolder } from '../../../core/paths.ts'
import { findJson } from '../../../core/write-file.ts'
import type { Tags } from '../../../model/tags.ts'

/** The record of an image, a file next to its disk. A disk without a record is not an image. */
export interface StoredImage {
  readonly name: string
  readonly tags: Tags
  /** `sha256:…` of the disk file; empty for a candidate. */
  readonly digest: string
  /** ISO 8601. */
  readonly created: string
}

/** The path of the disk of an image. `id`: the name of an image in the store, or an absolute path (base images in the cache). */
export function imagePath(id: string): string {
  return isAbsolute(id) ? id : join(imagesFolder(), `${id}.qcow2`)
}

/** Maximum age of a file that is still being written, in ms. Long, because a copy is published only after verify. */
const longestWriting = 24 * 60 * 60 * 1000

/** Removes unfinished files of processes that were killed. */
export async function removeLeftovers(now = Date.now()): Promise<void> {
  for (const name of await readdir(imagesFolder()).catch(() => [])) {
    if (!name.endsWith('.partial')) continue
    const path = join(imagesFolder(), name)
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: now }))
    if (now - mtimeMs > longestWriting) await rm(path, { force: true })
  }
}

/** The path under which a disk is written before it is published as an image. */
export async function temporaryPath(name: string): Promise<string> {
  await mkdir(imagesFolder(), { recursive: true })
  await removeLeftovers()
  return join(imagesFolder(), `.${name}.${process.pid}.partial`)
}

/** The path under which the copy of an image in one file is written. Removing the image also removes it. */
export function flatPath(name: string): string {
  return join(imagesFolder(), `.${name}.flat.partial`)
}

/** Publishes a finished disk as an image: flushes and renames it, then writes the record. Throws UsageError if the name exists. */
export async function publishImage(disk: string, image: StoredImage): Promise<void> {
  if (await findImage(image.name)) throw new UsageError(`The image ${image.name} exists already, and images are never replaced`)
  await mkdir(imagesFolder(), { recursive: true })
  await flush(disk)
  await rename(disk, imagePath(image.name))
  const sidecar = sidecarPath(image.name)
  const aside = `${sidecar}.${process.pid}.partial`
  {
    await using file = await open(aside, 'w', 0o600)
    await file.writeFile(`${JSON.stringify(image, undefined, 2)}\n`)
    await file.sync()
  }
  await rename(aside, sidecar)
}

/** Finds an image in the store; undefined if it does not exist or is not complete. */
export async function findImage(name: string): Promise<StoredImage | undefined> {
  const image = readSidecar(sidecarPath(name))
  return image && (await stat(imagePath(name)).catch(() => undefined)) ? image : undefined
}

/** Records that this process has read, by path. Records never change. */
let read: ReadonlyMap<string, StoredImage> = new Map()

/** All images in the store. Reads each record only once, because sealing calls this repeatedly. */
export async function listImages(): Promise<readonly StoredImage[]> {
  const names: readonly string[] = await readdir(imagesFolder()).catch(() => [])
  const there = new Set(names)
  const whole = names.filter((name) => name.endsWith('.json') && !name.startsWith('.') && there.has(`${name.slice(0, -5)}.qcow2`))
  const paths = whole.map((name) => join(imagesFolder(), name))
  read = new Map(paths.flatMap((path) => asEntry(path, read.get(path) ?? readSidecar(path))))
  return [...read.values()]
}

/** Reads a record. Ignores one whose name differs from its file name, and one that another user wrote. */
function readSidecar(path: string): StoredImage | undefined {
  const image = isTrusted(path) ? findJson<StoredImage>(path) : undefined
  return image?.name === basename(path, '.json') ? image : undefined
}

function asEntry(path: string, image: StoredImage | undefined): [string, StoredImage][] {
  return image === undefined ? [] : [[path, image]]
}

/** Removes an image. Its record is removed first, so that no part of it is still an image. */
export async function removeImage(name: string): Promise<void> {
  await rm(sidecarPath(name), { force: true })
  await rm(imagePath(name), { force: true })
  await rm(flatPath(name), { force: true })
}

/** `sha256:…` of a file. */
export async function digestFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash)
  return `sha256:${hash.digest('hex')}`
}

function sidecarPath(name: string): string {
  return join(imagesFolder(), `${name}.json`)
}

async function flush(path: string): Promise<void> {
  await using file = await open(path, 'r+')
  await file.datasync()
}
