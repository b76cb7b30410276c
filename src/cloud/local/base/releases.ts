import type { DebianRelease } from '../../../model/debian-release.ts'

/** The parts of a recipe that depend on the Debian release. */
export interface ReleaseRecipe {
  /** The title of the boot entry. */
  readonly title: string
  readonly packages: readonly string[]
}

const packages: readonly string[] = [
  ...['systemd', 'systemd-sysv', 'systemd-boot', 'udev', 'dbus', 'kmod', 'initramfs-tools', 'busybox', 'zstd', 'linux-image-cloud-amd64'],
  ...['openssh-server', 'python3', 'python3-apt', 'sudo', 'ca-certificates', 'cloud-init', 'cloud-guest-utils', 'fdisk'],
  ...['iproute2', 'iputils-ping', 'procps', 'less', 'netbase', 'e2fsprogs', 'dosfstools'],
]

/** One entry per release. */
export const releaseRecipes: Readonly<Record<DebianRelease, ReleaseRecipe>> = {
  bookworm: { title: 'Debian GNU/Linux 12 (bookworm)', packages },
  trixie: { title: 'Debian GNU/Linux 13 (trixie)', packages },
}
