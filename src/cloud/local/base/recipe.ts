import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What the Debian base is made of; changing anything here makes another base. */
export const packages: readonly string[] = [
  ...['systemd', 'systemd-sysv', 'systemd-boot', 'udev', 'dbus', 'kmod', 'initramfs-tools', 'busybox', 'zstd', 'linux-image-cloud-amd64'],
  ...['openssh-server', 'python3', 'python3-apt', 'sudo', 'ca-certificates', 'cloud-init', 'cloud-guest-utils', 'fdisk'],
  ...['iproute2', 'iputils-ping', 'procps', 'less', 'netbase', 'e2fsprogs', 'dosfstools'],
]

export const suite = 'bookworm'

/** MiB. Two kernels fit into the EFI system partition. */
export const layout = { esp: 128, disk: 4096 } as const

/** Files that go into the image as they are, and the scripts that make it. */
export const rootfsFolder = join(import.meta.dirname, 'rootfs')
export const customiseScript = join(import.meta.dirname, 'customise.sh')
export const assembleScript = join(import.meta.dirname, 'assemble.sh')

/** Documentation and translations stay out, as in other cloud images; licences stay. */
const leftOut = ['/usr/share/man/*', '/usr/share/locale/*', '/usr/share/doc/*'] as const

/** Tells one recipe from another: 16 hexadecimal digits over all of it. */
export function recipeKey(): string {
  const hash = createHash('sha256').update(JSON.stringify([packages, suite, layout, leftOut]))
  const files = readdirSync(rootfsFolder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort()
  for (const path of [...paths, customiseScript, assembleScript]) {
    hash.update(path.slice(import.meta.dirname.length)).update(readFileSync(path))
  }
  return hash.digest('hex').slice(0, 16)
}

export interface BootstrapSpec {
  readonly target: string
  /** A tar of `rootfs/`, owned by root. */
  readonly overlay: string
  /** One-line apt sources; mmdebstrap's own default without any. */
  readonly sources: readonly string[]
}

/** Arguments of mmdebstrap for the root file system as a tar. */
export function bootstrapArguments({ target, overlay, sources }: BootstrapSpec): string[] {
  return [
    ...['--mode=auto', '--variant=minbase', '--format=tar', `--include=${packages.join(',')}`],
    '--aptopt=Acquire::Languages "none"',
    ...leftOut.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
    '--dpkgopt=path-include=/usr/share/doc/*/copyright',
    `--customize-hook=tar-in ${quote(overlay)} /`,
    `--customize-hook=upload ${quote(customiseScript)} /customise.sh`,
    '--customize-hook=chroot "$1" sh /customise.sh',
    ...[suite, target],
    ...sources,
  ]
}

/** Arguments of tar for `rootfs/`: whoever has checked it out, the image's files are root's. */
export function overlayTarArguments(target: string): string[] {
  return ['--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX', '--sort=name', '-C', rootfsFolder, '-cf', target, '.']
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
