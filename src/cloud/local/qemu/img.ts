import { rm } from 'node:fs/promises'
import { MissingError } from '../../../core/errors.ts'
import { run, runTool } from '../../../core/exec.ts'
import { plainEnvironment } from '../../../core/plain-environment.ts'
import { setUpCommand } from '../../../core/program.ts'
import { qemuTools } from './tools.ts'

export interface OverlaySpec {
  readonly file: string
  readonly backing: string
  /** Bytes. */
  readonly size: number
}

/** Arguments of `qemu-img` for a disk that holds only what differs from another. */
export function overlayArguments({ file, backing, size }: OverlaySpec): string[] {
  return ['create', '-q', '-f', 'qcow2', '-o', 'lazy_refcounts=on', '-F', 'qcow2', '-b', backing, file, String(size)]
}

/** Makes a disk over an image, grown to so many GiB where that is more; the bytes that its guest sees. */
export async function makeOverlay(backing: string, file: string, gibibytes: number): Promise<number> {
  const { virtualSize } = await readDiskInfo(backing)
  const size = Math.max(virtualSize, gibibytes * 1024 ** 3)
  await runImg(overlayArguments({ file, backing, size }))
  return size
}

/** Copies a disk and all it stands on into one file, after the guests have had the processor. Nothing is left of it on failure. */
export async function flatten(spec: FlattenSpec, signal: AbortSignal): Promise<void> {
  try {
    await runTool('nice', ['-n', '10', qemuTools().img, ...flattenArguments(spec)], { signal, onlyEnv: plainEnvironment() })
  } catch (error) {
    await rm(spec.target, { force: true })
    throw error
  }
}

export interface FlattenSpec {
  readonly source: string
  readonly sourceFormat: string
  readonly target: string
  readonly compress: boolean
}

/** Arguments of `qemu-img` for a disk of its own with all that the source and those behind it hold, zeroes left out. */
export function flattenArguments({ source, target, ...options }: FlattenSpec): string[] {
  return ['convert', ...flattenOptions(options), source, target]
}

/** The options among them. */
export function flattenOptions({ sourceFormat, compress }: Pick<FlattenSpec, 'sourceFormat' | 'compress'>): string[] {
  // Not zstd: QEMU before 5.1, and one that was built without it, cannot read that, nor can several other tools.
  const options = compress ? ['-c', '-o', 'compression_type=zlib'] : ['-W']
  return ['-q', '-f', sourceFormat, '-O', 'qcow2', '-S', '64k', '-m', '8', '-T', 'writeback', ...options]
}

export interface DiskInfo {
  /** Bytes the guest sees. */
  readonly virtualSize: number
  /** Bytes it takes. */
  readonly actualSize: number
  readonly backing: string | undefined
}

/** What `qemu-img info` says of a qcow2, which all disks of the store and the cache are: QEMU never guesses a format. Throws with its own words. */
export async function readDiskInfo(file: string): Promise<DiskInfo> {
  const text = await runImg(['info', '--output=json', '-U', '-f', 'qcow2', file])
  const info = JSON.parse(text) as Record<string, unknown>
  return {
    virtualSize: Number(info['virtual-size']),
    actualSize: Number(info['actual-size']),
    backing: info['full-backing-filename'] as string | undefined,
  }
}

/** Why a qcow2 is damaged; undefined when it is sound. */
export async function findDamage(file: string): Promise<string | undefined> {
  const { exitCode, stdout, stderr } = await run(qemuTools().img, ['check', '-q', '-f', 'qcow2', file], { onlyEnv: plainEnvironment() })
  // 3: clusters are leaked, which costs room and no data.
  return exitCode === 0 || exitCode === 3 ? undefined : (stderr || stdout).trim().split('\n')[0] || `qemu-img check: exit ${exitCode}`
}

/** Runs `qemu-img`. Throws MissingError where there is none. */
export async function runImg(args: readonly string[], options: Parameters<typeof runTool>[2] = {}): Promise<string> {
  try {
    return await runTool(qemuTools().img, args, { ...options, onlyEnv: plainEnvironment() })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
    throw new MissingError('qemu-img is not there, and every disk is made with it', { hint: setUpCommand, cause })
  }
}
