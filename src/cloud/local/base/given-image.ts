import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { mkdir, rm, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { MissingError, messageOf, UsageError } from '../../../core/errors.ts'
import { withLock } from '../../../core/lock.ts'
import { publishFile } from '../../../core/write-file.ts'
import type { Family } from '../../../model/family.ts'
import type { BaseImage } from '../../../model/image.ts'
import { findDamage, readDiskInfo } from '../qemu/img.ts'
import { explainFullDisk, requireSpace } from '../store/free-space.ts'
import { basesFolder } from './base-disks.ts'

export interface GivenImage {
  /** A path, relative to the family's folder, or a URL. */
  readonly image: string
  readonly sha256: string
  readonly family: Family
  readonly progress: (line: string) => void
  readonly signal: AbortSignal
}

/**
 * A disk image of the user's own, in the cache under its digest. Throws UsageError when it is not there, is another one
 * than its digest says, or is damaged; nothing is left of it then.
 */
export async function ensureGivenImage(given: GivenImage): Promise<BaseImage> {
  const path = join(basesFolder(), `image-${given.sha256}.disk`)
  if (!existsSync(path)) {
    await mkdir(basesFolder(), { recursive: true })
    await withLock(`${path}.lock`, given.progress, async () => {
      if (!existsSync(path)) await fetchImage(given, path)
    })
  }
  return { id: path, name: basename(given.image), digest: `sha256:${given.sha256}` }
}

async function fetchImage(given: GivenImage, path: string): Promise<void> {
  const partial = `${path}.${process.pid}.partial`
  let bytes = 0
  try {
    const source = await openSource(given)
    bytes = source.bytes
    await requireSpace(basesFolder(), bytes, `The base image ${given.image}`)
    const digest = await copyStream({ from: source.stream, to: partial, bytes, given })
    if (digest !== given.sha256) {
      throw new UsageError(`${given.family.name}: the base image ${given.image} has sha256 ${digest}, expected ${given.sha256}`, {
        hint: 'if the image is meant to be the new one, write its digest into family.yaml',
      })
    }
    await requireSound(given, partial)
    await publishFile(partial, path)
  } catch (error) {
    await rm(partial, { force: true })
    throw await explainFullDisk(error, basesFolder(), bytes, `The base image ${given.image}`)
  }
}

async function openSource({ image, family, signal }: GivenImage): Promise<{ stream: Readable; bytes: number }> {
  if (!/^https?:\/\//.test(image)) {
    const file = resolve(family.folder, image)
    const { size } = await stat(file).catch((cause: unknown) => {
      const hint = 'bring a disk image of Windows that boots by UEFI and has a WinRM listener for HTTPS on port 5986, or OpenSSH'
      throw new UsageError(`${family.name}: there is no base image ${file}`, { cause, ...(family.os === 'windows' ? { hint } : {}) })
    })
    return { stream: createReadStream(file, { highWaterMark: 1 << 20 }), bytes: size }
  }
  const answer = await fetch(image, { signal }).catch((cause: unknown) => {
    signal.throwIfAborted()
    throw new MissingError(`The base image ${image} cannot be reached: ${messageOf((cause as Error).cause ?? cause)}`, { cause })
  })
  if (!answer.ok || !answer.body) throw new UsageError(`${family.name}: the base image ${image} cannot be had: HTTP ${answer.status}`)
  return { stream: Readable.fromWeb(answer.body as never), bytes: Number(answer.headers.get('content-length') ?? 0) }
}

interface CopySpec {
  readonly from: Readable
  readonly to: string
  readonly bytes: number
  readonly given: GivenImage
}

/** Copies and digests in one pass. */
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

async function requireSound({ family, image }: GivenImage, file: string): Promise<void> {
  const info = await readDiskInfo(file).catch((cause: unknown) => {
    throw new UsageError(`${family.name}: the base image ${image} is no disk image: ${messageOf(cause)}`, { cause })
  })
  const damage = info.format === 'qcow2' ? await findDamage(file) : undefined
  if (damage) throw new UsageError(`${family.name}: the base image ${image} is damaged: ${damage}`)
  if (info.backing) throw new UsageError(`${family.name}: the base image ${image} stands on another file, ${info.backing}`)
}

function mib(bytes: number): number {
  return Math.round(bytes / 1024 ** 2)
}
