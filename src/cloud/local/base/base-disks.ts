import { readdirSync } from 'node:fs'
import { readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { cacheFolder, homeFolder, imagesFolder } from '../../../core/paths.ts'
import { findJson, publishFile, writeJson } from '../../../core/write-file.ts'
import { readDiskInfo } from '../qemu/img.ts'

/** The record beside a base disk. A disk without one is not used. */
export interface BaseDisk {
  readonly name: string
  readonly digest: string
  readonly created: string
  /** When Debian published the package lists it was made from. */
  readonly sourceDates: readonly string[]
  readonly recipe: string
  readonly packages: Readonly<Record<string, string>>
}

/** A base disk, its record, and the kernel that is in it. */
export interface StoredBase {
  readonly path: string
  readonly disk: BaseDisk
  readonly kernel: string
}

/** A base disk that no bake has used for so long is removed, in ms: longer than a build is kept. */
const unusedFor = 30 * 24 * 60 * 60 * 1000

/** Where base disks are. */
export function basesFolder(): string {
  return join(cacheFolder(), 'base')
}

/** The newest base disk of a recipe; undefined when there is none. */
export function findNewestBase(recipe: string): StoredBase | undefined {
  const found = listBases().filter(({ disk }) => disk.recipe === recipe)
  return found.sort((one, other) => (one.disk.created < other.disk.created ? 1 : -1))[0]
}

/** Puts a finished disk and its kernel in place, the record last. The digest is in the name, so no other disk is replaced. */
export async function publishBase(files: { readonly disk: string; readonly kernel: string }, about: BaseDisk): Promise<StoredBase> {
  const stem = join(basesFolder(), `${about.name}-${about.digest.replace('sha256:', '').slice(0, 16)}`)
  const stored = { path: `${stem}.qcow2`, disk: about, kernel: `${stem}.vmlinuz` }
  await rename(files.kernel, stored.kernel)
  await publishFile(files.disk, stored.path)
  writeJson(`${stem}.json`, about)
  return stored
}

/** The first digits of a base disk's digest, as its name has them: the record beside it may have been exchanged with it. */
export function digestInName(path: string): string {
  return basename(path, '.qcow2').split('-').at(-1) ?? ''
}

/** Notes that a bake uses this base disk now. */
export async function touchBase({ path }: StoredBase, now = new Date()): Promise<void> {
  await utimes(recordOf(path), now, now)
}

/** Removes the base disks that no bake has used for a month and that no disk of this project or of the cache stands on. */
export async function removeUnusedBases(now = Date.now()): Promise<void> {
  const old: StoredBase[] = []
  for (const base of listBases()) if (now - (await stat(recordOf(base.path))).mtimeMs > unusedFor) old.push(base)
  if (old.length === 0) return
  const used = await listBackingFiles()
  for (const { path, kernel } of old.filter((base) => !used.has(base.path))) {
    for (const file of [recordOf(path), kernel, path]) await rm(file, { force: true })
  }
}

function listBases(): StoredBase[] {
  const names = listed(basesFolder()).filter((name) => name.endsWith('.json'))
  return names.flatMap((name) => {
    const record = join(basesFolder(), name)
    const disk = findJson<BaseDisk>(record)
    const file = (suffix: string): string => record.replace(/\.json$/, suffix)
    const path = file('.qcow2')
    const isNamed = disk?.digest.startsWith(`sha256:${digestInName(path)}`)
    return disk && isNamed ? [{ path, disk, kernel: file('.vmlinuz') }] : []
  })
}

/** The files that disks of this project and saved machines of the cache stand on. */
async function listBackingFiles(): Promise<ReadonlySet<string>> {
  const instances = join(homeFolder(), 'instances')
  const saved = join(cacheFolder(), 'warm')
  const folders = [imagesFolder(), ...[instances, saved].flatMap((folder) => listed(folder).map((name) => join(folder, name)))]
  const disks = (await Promise.all(folders.map(listDisks))).flat()
  const infos = await Promise.all(disks.map((disk) => readDiskInfo(disk).catch(() => undefined)))
  return new Set(infos.flatMap((info) => info?.backing ?? []))
}

async function listDisks(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  return names.filter((name) => /\.(qcow2|partial)$/.test(name)).map((name) => join(folder, name))
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function recordOf(path: string): string {
  return path.replace(/\.qcow2$/, '.json')
}
