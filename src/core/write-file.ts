import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createFile } from './lock-file.mjs'

/** Writes a JSON file atomically: after a crash, a reader finds the old or the new content. */
export function writeJson(file: string, value: unknown): void {
  const aside = `${file}.${process.pid}.partial`
  const descriptor = openSync(aside, 'w', 0o600)
  try {
    writeFileSync(descriptor, `${JSON.stringify(value, undefined, 2)}\n`)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(aside, file)
}

/** The content of a JSON file; undefined if it does not exist or is not valid JSON. */
export function findJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T
  } catch {
    return undefined
  }
}

/** Writes a private file if it does not exist. Another process that does the same finds the whole text, never a part. */
export function writeOnce(file: string, makeText: () => string): void {
  if (!existsSync(file)) createFile(file, makeText(), 0o600)
}

/** Renames a finished file to its final name, after its content is on the disk. */
export async function publishFile(partial: string, file: string): Promise<void> {
  await syncPath(partial)
  await rename(partial, file)
  await syncPath(dirname(file))
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Makes `link` point to `target` atomically. A link that already does so is not changed. */
export function linkOnce(target: string, link: string): void {
  if (findLink(link) === target) return
  const aside = `${link}.${process.pid}`
  rmSync(aside, { force: true })
  symlinkSync(target, aside)
  renameSync(aside, link)
}

function findLink(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

/** Writes a file atomically, so that no reader finds a part of it. */
export async function writeAside(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const aside = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`
  try {
    await using file = await open(aside, 'wx', 0o644)
    await file.writeFile(content)
    await file.sync()
  } catch (error) {
    await rm(aside, { force: true })
    throw error
  }
  await rename(aside, path)
}
