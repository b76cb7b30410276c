import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Writes a JSON file so that a reader sees the old one or the new one, whenever the machine stops. */
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

/** The content of a JSON file; undefined when it is absent or half-written by something else. */
export function findJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T
  } catch {
    return undefined
  }
}

/** Puts a finished file in its place: all of it on the disk first, then the name. */
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

/** Makes `link` point at `target`, in one step for whoever looks; a link that does already is left alone. */
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

/** Writes a file so that it is never seen half written. */
export async function writeAside(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const aside = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`
  try {
    await using file = await open(aside, 'wx', 0o644)
    await file.writeFile(text)
    await file.sync()
  } catch (error) {
    await rm(aside, { force: true })
    throw error
  }
  await rename(aside, path)
}
