import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Report, withLock } from '../core/lock.ts'
import { cacheFolder } from '../core/paths.ts'

// This file is written last. A folder without it comes from an interrupted set-up.
const mark = '.complete'

/** The cache folder with that key; undefined if there is none or if it is not complete. */
export function findCached(key: string): string | undefined {
  const folder = join(cacheFolder(), key)
  return existsSync(join(folder, mark)) ? folder : undefined
}

/** The cache folder with that key. If there is none, creates it with `fill`. Of two set-ups at the same time, only one fills it. */
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

/** The cache key of a tool: its version and a hash of its inputs. So changed inputs get a new folder. */
export function cacheKey(version: string, inputs: readonly string[]): string {
  const hash = createHash('sha256')
  for (const input of inputs) hash.update(createHash('sha256').update(input).digest())
  return `${version}-${hash.digest('hex').slice(0, 12)}`
}

/** Like `cacheKey`, for inputs that are files. */
export function fileKey(version: string, files: readonly string[]): string {
  return cacheKey(version, [process.arch, ...files.map((file) => readFileSync(file, 'utf8'))])
}
