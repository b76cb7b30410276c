import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder, packageFolder, sourceFolder } from '../core/paths.ts'
import { type Tools, toolsFile } from '../core/tools.ts'
import { findJson } from '../core/write-file.ts'
import type { Needs } from './needs.ts'

/** The part of the tools file that describes the set-up that wrote it. */
export interface Stamp {
  /** A hash of the inputs of set-up. */
  readonly inputs: string
  readonly needs: Needs
}

/** Whether an earlier set-up installed everything that is needed: its inputs have not changed, and all installed files exist. */
export function isSetUp(needs: Needs): boolean {
  const found = findTools()
  if (!found || (Object.keys(needs) as (keyof Needs)[]).some((need) => needs[need] && !found.stamp.needs[need])) return false
  return listPaths(found).every((path) => existsSync(path))
}

/** The needs of the last set-up, if its inputs have not changed. The next set-up includes them. */
export function findEarlierNeeds(): Needs | undefined {
  return findTools()?.stamp.needs
}

/** The stamp of a set-up that ends now. */
export function makeStamp(needs: Needs): Stamp {
  return { inputs: hashInputs(), needs }
}

function findTools(): (Tools & { readonly stamp: Stamp }) | undefined {
  const tools = findJson<Tools & { readonly stamp?: Stamp }>(toolsFile())
  return tools?.stamp?.inputs === hashInputs() ? { ...tools, stamp: tools.stamp } : undefined
}

function listPaths(value: unknown): string[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(listPaths)
  return typeof value === 'string' && value.startsWith('/') ? [value] : []
}

function hashInputs(): string {
  const hash = createHash('sha256').update([cacheFolder(), process.arch].join('\n'))
  const folder = join(sourceFolder(), 'setup')
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = files.map((file) => join(file.parentPath, file.name)).sort()
  // The package has no lock file. Its dependencies have exact versions.
  const lock = join(packageFolder(), 'package-lock.json')
  for (const path of [...(existsSync(lock) ? [lock] : []), ...paths]) hash.update(`${path}\n`).update(readFileSync(path))
  return hash.digest('hex')
}
