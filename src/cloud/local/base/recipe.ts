import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { quoteShell } from '../../../core/quote.ts'
import type { DebianRelease, DebianVariant } from '../../../model/debian-release.ts'
import { releaseTitles } from './releases.ts'
import { basePackages } from './variants.ts'

/** Sizes in MiB. Two kernels fit into the EFI system partition. */
export const layout = { esp: 128, disk: 4096 } as const

/** A Debian base of the local cloud. */
export interface DebianBase {
  readonly release: DebianRelease
  readonly variant: DebianVariant
}

/** Files that are copied into the image: those of every base, and those of a variant. */
const rootfsFolder = join(import.meta.dirname, 'rootfs')
const customiseScript = join(import.meta.dirname, 'customise.sh')
const assembleScript = join(import.meta.dirname, 'assemble.sh')

/** Files that are not installed: documentation and translations, as in other cloud images. Licences are installed. */
const leftOut = ['/usr/share/man/*', '/usr/share/locale/*', '/usr/share/doc/*'] as const

/** The key of a recipe: 16 hexadecimal digits of a digest of all its files and settings. */
export function recipeKey({ release, variant }: DebianBase): string {
  const hash = createHash('sha256').update(
    JSON.stringify([release, releaseTitles[release], basePackages(release, variant), layout, leftOut]),
  )
  const files = rootfsFolders(variant).flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true }))
  const paths = files.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  for (const path of [...paths.sort(), customiseScript, variantScript(variant), assembleScript]) {
    hash.update(path.slice(import.meta.dirname.length)).update(readFileSync(path))
  }
  return hash.digest('hex').slice(0, 16)
}

/** The UUID of the root file system. It is fixed, because the configuration of the boot loader is written before the file system. */
export function rootUuid({ release, variant }: DebianBase): string {
  const digits = createHash('sha256').update(`root of ${release} ${variant}`).digest('hex')
  return [digits.slice(0, 8), digits.slice(8, 12), `4${digits.slice(13, 16)}`, `8${digits.slice(17, 20)}`, digits.slice(20, 32)].join('-')
}

/** Input of mmdebstrap. */
export interface BootstrapSpec extends DebianBase {
  readonly target: string
  /** A tar file of `rootfs/`, in which all files belong to root. */
  readonly overlay: string
  /** apt sources in one-line format. If empty, mmdebstrap uses its default. */
  readonly sources: readonly string[]
  /** `unshare`: in a user namespace, if the user is not root. */
  readonly mode: 'root' | 'unshare'
}

/** Arguments of mmdebstrap that make a root file system as a tar file. */
export function bootstrapArguments({ release, variant, target, overlay, sources, mode }: BootstrapSpec): string[] {
  const customise = ['sh', '/customise-variant.sh', releaseTitles[release], rootUuid({ release, variant })].map(quoteShell).join(' ')
  return [
    ...[`--mode=${mode}`, '--variant=minbase', '--format=tar', `--include=${basePackages(release, variant).join(',')}`],
    '--aptopt=Acquire::Languages "none"',
    ...leftOut.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
    '--dpkgopt=path-include=/usr/share/doc/*/copyright',
    `--customize-hook=tar-in ${quoteShell(overlay)} /`,
    `--customize-hook=upload ${quoteShell(customiseScript)} /customise.sh`,
    '--customize-hook=chroot "$1" sh /customise.sh',
    `--customize-hook=upload ${quoteShell(variantScript(variant))} /customise-variant.sh`,
    `--customize-hook=chroot "$1" ${customise}`,
    ...[release, target],
    ...sources,
  ]
}

/** Arguments of tar for `rootfs/`. In the tar file, all files belong to root. */
export function overlayTarArguments(variant: DebianVariant, target: string): string[] {
  const folders = rootfsFolders(variant).flatMap((folder) => ['-C', folder, '.'])
  return ['--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX', '--sort=name', '-cf', target, ...folders]
}

/** The command that makes a disk (on standard output) from a root file system (a tar file on standard input). */
export function assembleCommand(base: DebianBase, qemuImg: string, convert: readonly string[]): readonly [string, ...string[]] {
  // Pass the script as text, because the root of a user namespace may not be able to open the file.
  const script = readFileSync(assembleScript, 'utf8')
  return ['sh', '-c', script, 'assemble.sh', rootUuid(base), String(layout.esp), String(layout.disk), qemuImg, ...convert]
}

function rootfsFolders(variant: DebianVariant): string[] {
  return ['common', variant].map((name) => join(rootfsFolder, name))
}

function variantScript(variant: DebianVariant): string {
  return join(import.meta.dirname, `customise-${variant}.sh`)
}
