import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { defined } from '../../../core/defined.ts'
import { MissingError, messageOf, UsageError } from '../../../core/errors.ts'
import { withLock } from '../../../core/lock.ts'
import { publishFile } from '../../../core/write-file.ts'
import { forSystem } from '../../../guest/systems.ts'
import type { Family } from '../../../model/family.ts'
import type { BaseImage } from '../../../model/image.ts'
import { findDamage, flatten } from '../qemu/img.ts'
import { profiles } from '../qemu/profiles.ts'
import { explainFullDisk, requireSpace } from '../store/free-space.ts'
import { digestFile } from '../store/images.ts'
import { requireDigest } from '../store/require-digest.ts'
import { basesFolder } from './base-disks.ts'
import { type DiskFormat, readDiskFormat } from './disk-format.ts'

/** A disk image that a user provides. */
export interface GivenImage {
  /** A path, relative to the family folder, or a URL. */
  readonly image: string
  readonly sha256: string
  readonly family: Family
  readonly progress: (line: string) => void
  readonly signal: AbortSignal
}

/**
 * Imports a disk image of the user into the cache, as one qcow2 file without a backing file. Throws UsageError, and keeps nothing, if the
 * image does not exist, has another digest than in the family, is damaged, or has a format that can refer to other files.
 */
export async function ensureGivenImage(given: GivenImage): Promise<BaseImage> {
  await mkdir(basesFolder(), { recursive: true })
  const path = (await findImported(given.sha256)) ?? (await importOnce(given))
  await requireDigest(path, `sha256:${contentOf(path)}`)
  return { id: path, name: basename(given.image), digest: `sha256:${given.sha256}` }
}

function importOnce(given: GivenImage): Promise<string> {
  const lock = join(basesFolder(), `image-${given.sha256}.lock`)
  return withLock(lock, given.progress, async () => (await findImported(given.sha256)) ?? (await importImage(given)))
}

/** Finds an imported image. Its name contains two digests, that of the original and that of the copy: `image-ORIGINAL-COPY.qcow2`. */
async function findImported(sha256: string): Promise<string | undefined> {
  const name = (await readdir(basesFolder())).find((each) => each.startsWith(`image-${sha256}-`) && each.endsWith('.qcow2'))
  return name && join(basesFolder(), name)
}

function contentOf(path: string): string {
  return basename(path, '.qcow2').split('-').at(-1) ?? ''
}

async function importImage(given: GivenImage): Promise<string> {
  const work = await mkdtemp(join(basesFolder(), '.partial-'))
  const [fetched, flat] = [join(work, 'fetched'), join(work, 'flat')]
  let bytes = 0
  try {
    const source = await openSource(given)
    // The download and the copy are each at most as large as the original.
    bytes = source.bytes * 2
    await requireSpace(basesFolder(), bytes, `The base image ${given.image}`)
    const digest = await copyStream({ from: source.stream, to: fetched, bytes: source.bytes, given })
    if (digest !== given.sha256) {
      throw new UsageError(`${given.family.name}: the base image ${given.image} has sha256 ${digest}, expected ${given.sha256}`, {
        hint: 'if you changed the image, write its new digest into base.sha256 of family.yaml',
      })
    }
    const sourceFormat = await requireSound(given, fetched)
    given.progress(`copying ${basename(given.image)} into one disk`)
    await flatten({ source: fetched, sourceFormat, target: flat, compress: false }, given.signal)
    const path = join(basesFolder(), `image-${given.sha256}-${(await digestFile(flat)).replace('sha256:', '')}.qcow2`)
    await publishFile(flat, path)
    return path
  } catch (error) {
    throw await explainFullDisk(error, basesFolder(), bytes, `The base image ${given.image}`)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function openSource({ image, family, signal }: GivenImage): Promise<{ stream: Readable; bytes: number }> {
  if (!/^https?:\/\//.test(image)) {
    const file = resolve(family.folder, image)
    const { size } = await stat(file).catch((cause: unknown) => {
      throw new UsageError(`${family.name}: the base image ${file} does not exist`, {
        cause,
        ...defined({ hint: forSystem(profiles, family.os).imageAdvice }),
      })
    })
    return { stream: createReadStream(file, { highWaterMark: 1 << 20 }), bytes: size }
  }
  const answer = await fetch(image, { signal }).catch((cause: unknown) => {
    signal.throwIfAborted()
    throw new MissingError(`Cannot connect to the server of the base image ${image}: ${messageOf((cause as Error).cause ?? cause)}`, {
      hint: 'check the network and the proxy, or download the image and name its path in base.image',
      cause,
    })
  })
  if (!answer.ok || !answer.body)
    throw new UsageError(`${family.name}: the base image ${image} cannot be downloaded: HTTP ${answer.status}`, {
      hint: 'check the URL in base.image of family.yaml',
    })
  return { stream: Readable.fromWeb(answer.body as never), bytes: Number(answer.headers.get('content-length') ?? 0) }
}

interface CopySpec {
  readonly from: Readable
  readonly to: string
  readonly bytes: number
  readonly given: GivenImage
}

/** Copies a stream to a file. Returns its SHA-256. */
async function copyStream({ from, to, bytes, given }: CopySpec): Promise<string> {
  const hash = createHash('sha256')
  let [done, said] = [0, 0]
  const watch = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      hash.update(chunk)
      done += chunk.length
      if (Date.now() - said > 1000) {
        said = Date.now()
        given.progress(`fetching ${basename(given.image)}: ${mib(done)}${bytes ? ` of ${mib(bytes)}` : ''} MiB`)
      }
      next(null, chunk)
    },
  })
  await pipeline(from, watch, createWriteStream(to, { mode: 0o600 }), { signal: given.signal })
  return hash.digest('hex')
}

/** The format of the image. Throws UsageError if the image cannot or must not be used. */
async function requireSound({ family, image }: GivenImage, file: string): Promise<DiskFormat> {
  const format = await readDiskFormat(file).catch((cause: unknown) => {
    throw new UsageError(`${family.name}: the base image ${image} cannot be used: ${messageOf(cause)}`, {
      hint: 'give a raw or qcow2 disk that needs no other file: qemu-img convert -O qcow2 SOURCE TARGET makes one, and its sha256 goes into family.yaml',
      cause,
    })
  })
  const damage = format === 'qcow2' ? await findDamage(file) : undefined
  if (damage)
    throw new UsageError(`${family.name}: the base image ${image} is damaged: ${damage}`, {
      hint: 'get the image again, and check it: qemu-img check',
    })
  return format
}

function mib(bytes: number): number {
  return Math.round(bytes / 1024 ** 2)
}
