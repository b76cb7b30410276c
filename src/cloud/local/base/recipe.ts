import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { quoteShell } from '../../../core/quote.ts'
import type { DebianRelease } from '../../../model/debian-release.ts'
import { releaseRecipes } from './releases.ts'

/** Sizes in MiB. Two kernels fit into the EFI system partition. */
export const layout = { esp: 128, disk: 4096 } as const

/** Files that are copied into the image. */
const rootfsFolder = join(import.meta.dirname, 'rootfs')
const customiseScript = join(import.meta.dirname, 'customise.sh')
const assembleScript = join(import.meta.dirname, 'assemble.sh')

/** Files that are not installed: documentation and translations, as in other cloud images. Licences are installed. */
const leftOut = ['/usr/share/man/*', '/usr/share/locale/*', '/usr/share/doc/*'] as const

/** The key of a recipe: 16 hexadecimal digits of a digest of all its files and settings. */
export function recipeKey(release: DebianRelease): string {
  const hash = createHash('sha256').update(JSON.stringify([releaseRecipes[release], release, layout, leftOut]))
  const files = readdirSync(rootfsFolder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort()
  for (const path of [...paths, customiseScript, assembleScript]) {
    hash.update(path.slice(import.meta.dirname.length)).update(readFileSync(path))
  }
  return hash.digest('hex').slice(0, 16)
}

/** Input of mmdebstrap. */
export interface BootstrapSpec {
  readonly release: DebianRelease
  readonly target: string
  /** A tar file of `rootfs/`, in which all files belong to root. */
  readonly overlay: string
  /** apt sources in one-line format. If empty, mmdebstrap uses its default. */
  readonly sources: readonly string[]
  /** `unshare`: in a user namespace, if the user is not root. */
  readonly mode: 'root' | 'unshare'
}

/** Arguments of mmdebstrap that make a root file system as a tar file. */
export function bootstrapArguments({ release, target, overlay, sources, mode }: BootstrapSpec): string[] {
  return [
    ...[`--mode=${mode}`, '--variant=minbase', '--format=tar', `--include=${releaseRecipes[release].packages.join(',')}`],
    '--aptopt=Acquire::Languages "none"',
    ...leftOut.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
    '--dpkgopt=path-include=/usr/share/doc/*/copyright',
    `--customize-hook=tar-in ${quoteShell(overlay)} /`,
    `--customize-hook=upload ${quoteShell(customiseScript)} /customise.sh`,
    '--customize-hook=chroot "$1" sh /customise.sh',
    ...[release, target],
    ...sources,
  ]
}

/** Arguments of tar for `rootfs/`. In the tar file, all files belong to root. */
export function overlayTarArguments(target: string): string[] {
  return ['--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX', '--sort=name', '-C', rootfsFolder, '-cf', target, '.']
}

/** The command that makes a disk (on standard output) from a root file system (a tar file on standard input). */
export function assembleCommand(release: DebianRelease, qemuImg: string, convert: readonly string[]): readonly [string, ...string[]] {
  const { title } = releaseRecipes[release]
  // Pass the script as text, because the root of a user namespace may not be able to open the file.
  return [
    'sh',
    '-c',
    readFileSync(assembleScript, 'utf8'),
    'assemble.sh',
    title,
    String(layout.esp),
    String(layout.disk),
    qemuImg,
    ...convert,
  ]
}
