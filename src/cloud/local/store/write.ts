import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
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
