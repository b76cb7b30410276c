import { rm } from 'node:fs/promises'
import { runTool } from '../../../core/exec.ts'
import { readTools } from '../../../setup/tools.ts'

/** `qemu-img create`: an empty disk over another, of at least its size. */
export function overlayArguments(spec: { backing: string; path: string; gigabytes?: number }): string[] {
  const size = spec.gigabytes === undefined ? [] : [`${spec.gigabytes}G`]
  return ['create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', spec.backing, '-o', 'lazy_refcounts=on', spec.path, ...size]
}

/** `qemu-img convert`: the whole disk in one file, holes kept, out of order where that is faster. */
export function flattenArguments(spec: { from: string; to: string; compress: boolean }): string[] {
  return [
    'convert',
    '-q',
    '-W',
    '-m',
    '4',
    ...(spec.compress ? ['-c', '-o', 'compression_type=zstd'] : []),
    '-O',
    'qcow2',
    spec.from,
    spec.to,
  ]
}

/** Makes a disk over an image, grown to so many GiB where that is more. */
export async function makeOverlay(backing: string, path: string, gigabytes: number): Promise<void> {
  const { 'virtual-size': bytes } = await readDiskInfo(backing)
  const grow = bytes < gigabytes * 2 ** 30
  await runTool(readTools().qemu.img, overlayArguments({ backing, path, ...(grow ? { gigabytes } : {}) }))
}

/** Copies a disk and all it stands on into one file. Nothing is left of it on failure. */
export async function flatten(from: string, to: string, options: { compress: boolean; signal?: AbortSignal }): Promise<void> {
  try {
    await runTool(
      readTools().qemu.img,
      flattenArguments({ from, to, compress: options.compress }),
      options.signal ? { signal: options.signal } : {},
    )
  } catch (error) {
    await rm(to, { force: true })
    throw error
  }
}

export interface DiskInfo {
  readonly format: string
  readonly 'virtual-size': number
  readonly 'backing-filename'?: string
}

/** What a disk file says of itself. Throws when it is no disk. */
export async function readDiskInfo(path: string): Promise<DiskInfo> {
  return JSON.parse(await runTool(readTools().qemu.img, ['info', '-U', '--output=json', path])) as DiskInfo
}
