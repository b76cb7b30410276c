import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Report, withLock } from '../core/lock.ts'
import { cacheFolder } from '../core/paths.ts'

// Written last: a folder without it is the rest of a set-up that was cut off.
const mark = '.complete'

/** A finished folder of the cache; undefined when it is not there or was left half made. */
export function findCached(key: string): string | undefined {
  const folder = join(cacheFolder(), key)
  return existsSync(join(folder, mark)) ? folder : undefined
}

/** The folder of that key, filled by `fill` unless it is there; two set-ups at once fill it once. */
export async function makeCached(key: string, report: Report, fill: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder(), key)
  return withLock(`${folder}.lock`, report, async () => {
    if (findCached(key)) return folder
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    await fill(folder)
    writeFileSync(join(folder, mark), `${new Date().toISOString()}\n`)
    return folder
  })
}

/** The version and a hash of what the tool is made from: another input, another folder. */
export function cacheKey(version: string, inputs: readonly string[]): string {
  const hash = createHash('sha256')
  for (const input of inputs) hash.update(createHash('sha256').update(input).digest())
  return `${version}-${hash.digest('hex').slice(0, 12)}`
}

/** The same for inputs that are files. */
export function fileKey(version: string, files: readonly string[]): string {
  return cacheKey(version, [process.arch, ...files.map((file) => readFileSync(file, 'utf8'))])
}
