import { statfs } from 'node:fs/promises'
import { MissingError, messageOf } from '../../../core/errors.ts'

const gibibyte = 1024 ** 3

/** Throws MissingError if the file system of a folder has less than `bytes` bytes free. */
export async function requireSpace(folder: string, bytes: number, what: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  const free = bavail * bsize
  if (free < bytes) throw noSpace(what, folder, bytes, free)
}

/** The same error if `error` means that the disk is full; else returns `error`. */
export async function explainFullDisk(error: unknown, folder: string, needed: number, what: string): Promise<unknown> {
  const isFull = (error as NodeJS.ErrnoException).code === 'ENOSPC' || /No space left on device/i.test(messageOf(error))
  if (!isFull) return error
  const { bavail, bsize } = await statfs(folder)
  return noSpace(what, folder, needed, bavail * bsize, error)
}

function noSpace(what: string, folder: string, bytes: number, free: number, cause?: unknown): MissingError {
  const detail = { hint: 'free space there, or move the folder: XDG_CACHE_HOME for the cache, BAKEHOUSE_HOME for the rest' }
  return new MissingError(
    `${what} needs ${gib(bytes)} GiB in ${folder}, ${gib(free)} GiB are free`,
    cause === undefined ? detail : { ...detail, cause },
  )
}

function gib(bytes: number): string {
  return (bytes / gibibyte).toFixed(1)
}
