import { readdirSync } from 'node:fs'
import { readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { cacheFolder, homeFolder, imagesFolder } from '../../../core/paths.ts'
import { findJson, publishFile, writeJson } from '../../../core/write-file.ts'
import { readDiskInfo } from '../qemu/img.ts'

/** The record of a base disk, a file in the same folder. A disk without a record is not used. */
export interface BaseDisk {
  readonly name: string
  readonly digest: string
  readonly created: string
  /** When Debian published the package lists from which the disk was made. */
  readonly sourceDates: readonly string[]
  readonly recipe: string
  readonly packages: Readonly<Record<string, string>>
}

/** A base disk, its record, and its kernel. */
export interface StoredBase {
  readonly path: string
  readonly disk: BaseDisk
  readonly kernel: string
}

/** A base disk that no build has used for this time is removed, in ms. It is longer than temporary resources are kept. */
const unusedFor = 30 * 24 * 60 * 60 * 1000

/** The folder of base disks. */
export function basesFolder(): string {
  return join(cacheFolder(), 'base')
}

/** The newest base disk of a recipe; undefined if there is none. */
export function findNewestBase(recipe: string): StoredBase | undefined {
  const found = listBases().filter(({ disk }) => disk.recipe === recipe)
  return found.sort((one, other) => (one.disk.created < other.disk.created ? 1 : -1))[0]
}

/** Publishes a finished disk and its kernel; writes the record last. The file name contains the digest, so no other disk is replaced. */
export async function publishBase(files: { readonly disk: string; readonly kernel: string }, about: BaseDisk): Promise<StoredBase> {
  const stem = join(basesFolder(), `${about.name}-${about.digest.replace('sha256:', '').slice(0, 16)}`)
  const stored = { path: `${stem}.qcow2`, disk: about, kernel: `${stem}.vmlinuz` }
  await rename(files.kernel, stored.kernel)
  await publishFile(files.disk, stored.path)
  writeJson(`${stem}.json`, about)
  return stored
}

/** The first digits of the digest of a base disk, from its file name. The record could have been replaced together with the disk. */
export function digestInName(path: string): string {
  return basename(path, '.qcow2').split('-').at(-1) ?? ''
}

/** Records that a build uses this base disk now. */
export async function touchBase({ path }: StoredBase, now = new Date()): Promise<void> {
  await utimes(recordOf(path), now, now)
}

/** Removes base disks that no build has used for a month. Keeps those that are the backing file of a disk in the project or the cache. */
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

/** The backing files of the disks of this project and of the VM snapshots in the cache. */
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
