import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, isAbsolute, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { UsageError } from '../../../core/errors.ts'
import { isOurs } from '../../../core/owner.ts'
import { imagesFolder } from '../../../core/paths.ts'
import { findJson } from '../../../core/write-file.ts'
import type { Tags } from '../../../model/tags.ts'

/** What the store knows of an image: the sidecar beside its disk. An image without one is not there. */
export interface StoredImage {
  readonly name: string
  readonly tags: Tags
  /** `sha256:…` of the disk file; empty for a candidate, which is never handed out. */
  readonly digest: string
  /** ISO 8601. */
  readonly created: string
}

/** The disk of an image: of the store by name, or any by absolute path, as base images of the cache are. */
export function imagePath(id: string): string {
  return isAbsolute(id) ? id : join(imagesFolder(), `${id}.qcow2`)
}

/** How long a file that is no image may be a writer's, in ms: a copy waits for the verdict on its image. */
const longestWriting = 24 * 60 * 60 * 1000

/** Removes what writers left that died: older than any writer, and no image. */
export async function removeLeftovers(now = Date.now()): Promise<void> {
  for (const name of await readdir(imagesFolder()).catch(() => [])) {
    if (!name.endsWith('.partial')) continue
    const path = join(imagesFolder(), name)
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: now }))
    if (now - mtimeMs > longestWriting) await rm(path, { force: true })
  }
}

/** Where a disk is written before it is an image. Nothing of that name is ever taken for one. */
export async function asidePath(name: string): Promise<string> {
  await mkdir(imagesFolder(), { recursive: true })
  await removeLeftovers()
  return join(imagesFolder(), `.${name}.${process.pid}.partial`)
}

/** Where the one-file copy of an image is written; it goes with the image, unless it was made one itself. */
export function flatPath(name: string): string {
  return join(imagesFolder(), `.${name}.flat.partial`)
}

/** Makes a finished disk an image: flushed, renamed, and last its sidecar. A name is never given twice. */
export async function publishImage(disk: string, image: StoredImage): Promise<void> {
  if (await findImage(image.name)) throw new UsageError(`An image named ${image.name} is there already: images are never replaced`)
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

/** An image of the store; undefined when it is not there, or not whole. */
export async function findImage(name: string): Promise<StoredImage | undefined> {
  const image = readSidecar(sidecarPath(name))
  return image && (await stat(imagePath(name)).catch(() => undefined)) ? image : undefined
}

/** Sidecars read by this process, by path: one that is there never changes. */
let read: ReadonlyMap<string, StoredImage> = new Map()

/** All images of the store, by name. Sealing asks again and again: a sidecar is read once, as long as it is there. */
export async function listImages(): Promise<readonly StoredImage[]> {
  const names: readonly string[] = await readdir(imagesFolder()).catch(() => [])
  const there = new Set(names)
  const whole = names.filter((name) => name.endsWith('.json') && !name.startsWith('.') && there.has(`${name.slice(0, -5)}.qcow2`))
  const paths = whole.map((name) => join(imagesFolder(), name))
  read = new Map(paths.flatMap((path) => asEntry(path, read.get(path) ?? readSidecar(path))))
  return [...read.values()]
}

/** An image is what its file is named, whatever the file says; and one that another user wrote is none. */
function readSidecar(path: string): StoredImage | undefined {
  const image = isOurs(path) ? findJson<StoredImage>(path) : undefined
  return image?.name === basename(path, '.json') ? image : undefined
}

function asEntry(path: string, image: StoredImage | undefined): [string, StoredImage][] {
  return image === undefined ? [] : [[path, image]]
}

/** Removes an image, the sidecar first: without it the rest is nothing. */
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
