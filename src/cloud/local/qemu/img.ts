import { rm } from 'node:fs/promises'
import { MissingError } from '../../../core/errors.ts'
import { run, runTool } from '../../../core/exec.ts'
import { plainEnvironment } from '../../../core/plain-environment.ts'
import { setUpCommandLine } from '../../../core/program.ts'
import { qemuTools } from './tools.ts'

/** An overlay disk: it contains only the differences from its backing file. */
export interface OverlaySpec {
  readonly file: string
  readonly backing: string
  /** In bytes. */
  readonly size: number
}

/** The arguments of `qemu-img` that create an overlay disk. */
export function overlayArguments({ file, backing, size }: OverlaySpec): string[] {
  return ['create', '-q', '-f', 'qcow2', '-o', 'lazy_refcounts=on', '-F', 'qcow2', '-b', backing, file, String(size)]
}

/** Creates an overlay disk on an image, of at least `gibibytes` GiB. Returns its size in bytes, as the guest sees it. */
export async function makeOverlay(backing: string, file: string, gibibytes: number): Promise<number> {
  const { virtualSize } = await readDiskInfo(backing)
  const size = Math.max(virtualSize, gibibytes * 1024 ** 3)
  await runImg(overlayArguments({ file, backing, size }))
  return size
}

/** Copies a disk with its backing files to one file, with low CPU priority. Removes the file if that fails. */
export async function flatten(spec: FlattenSpec, signal: AbortSignal): Promise<void> {
  try {
    await runTool('nice', ['-n', '10', qemuTools().img, ...flattenArguments(spec)], { signal, onlyEnv: plainEnvironment() })
  } catch (error) {
    await rm(spec.target, { force: true })
    throw error
  }
}

/** A copy of a disk in one file. */
export interface FlattenSpec {
  readonly source: string
  readonly sourceFormat: string
  readonly target: string
  readonly compress: boolean
}

/** The arguments of `qemu-img` that copy a disk with its backing files to one file. Blocks of zeroes take no space. */
export function flattenArguments({ source, target, ...options }: FlattenSpec): string[] {
  return ['convert', ...flattenOptions(options), source, target]
}

/** The options of that copy. */
export function flattenOptions({ sourceFormat, compress }: Pick<FlattenSpec, 'sourceFormat' | 'compress'>): string[] {
  // Not zstd, because QEMU before 5.1, QEMU without zstd, and some other tools cannot read it.
  const options = compress ? ['-c', '-o', 'compression_type=zlib'] : ['-W']
  return ['-q', '-f', sourceFormat, '-O', 'qcow2', '-S', '64k', '-m', '8', '-T', 'writeback', ...options]
}

/** Facts about a disk file. */
export interface DiskInfo {
  /** The size that the guest sees, in bytes. */
  readonly virtualSize: number
  /** The space that the file uses, in bytes. */
  readonly actualSize: number
  readonly backing: string | undefined
}

/** Reads a qcow2 with `qemu-img info`. The format is given, so that QEMU does not guess it. Throws with the message of qemu-img. */
export async function readDiskInfo(file: string): Promise<DiskInfo> {
  const text = await runImg(['info', '--output=json', '-U', '-f', 'qcow2', file])
  const info = JSON.parse(text) as Record<string, unknown>
  return {
    virtualSize: Number(info['virtual-size']),
    actualSize: Number(info['actual-size']),
    backing: info['full-backing-filename'] as string | undefined,
  }
}

/** Why a qcow2 is damaged; undefined if it is not. */
export async function findDamage(file: string): Promise<string | undefined> {
  const { exitCode, stdout, stderr } = await run(qemuTools().img, ['check', '-q', '-f', 'qcow2', file], { onlyEnv: plainEnvironment() })
  // Exit code 3: leaked clusters. They waste space, but no data is lost.
  return exitCode === 0 || exitCode === 3 ? undefined : (stderr || stdout).trim().split('\n')[0] || `qemu-img check: exit ${exitCode}`
}

/** Runs `qemu-img`. Throws MissingError if it is not installed. */
export async function runImg(args: readonly string[], options: Parameters<typeof runTool>[2] = {}): Promise<string> {
  try {
    return await runTool(qemuTools().img, args, { ...options, onlyEnv: plainEnvironment() })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
    throw new MissingError('qemu-img, which makes the disks, was not found', { hint: setUpCommandLine(), cause })
  }
}
