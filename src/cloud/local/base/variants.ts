import type { DebianVariant } from '../../../model/debian-release.ts'

/** Packages of every Debian base image: for login, configuration and boot. */
const common: readonly string[] = [
  ...['systemd', 'systemd-sysv', 'udev', 'dbus', 'kmod', 'initramfs-tools', 'busybox', 'zstd', 'linux-image-cloud-amd64'],
  ...['openssh-server', 'python3', 'python3-apt', 'sudo', 'ca-certificates', 'cloud-init', 'cloud-guest-utils', 'fdisk'],
  ...['iproute2', 'iputils-ping', 'procps', 'less', 'netbase', 'e2fsprogs', 'dosfstools'],
]

/**
 * The packages of each variant of a Debian base image. `standard` has those of Debian's image genericcloud, so that roles find the same
 * files as in a cloud; docs/debian-base.md lists the exceptions. `lean` boots faster.
 * Source: the package lists of https://salsa.debian.org/cloud-team/debian-cloud-images (config_space/bookworm/package_config).
 */
export const variantPackages: Readonly<Record<DebianVariant, readonly string[]>> = {
  standard: [
    ...common,
    ...[
      'grub-cloud-amd64',
      'init',
      'libpam-systemd',
      'systemd-resolved',
      'systemd-timesyncd',
      'libnss-myhostname',
      'netplan.io',
      'polkitd',
    ],
    ...['apparmor', 'apt-utils', 'unattended-upgrades', 'iptables', 'nano', 'vim-tiny', 'whiptail', 'ssh-import-id'],
  ],
  lean: [...common, 'systemd-boot', 'systemd-boot-efi'],
}
