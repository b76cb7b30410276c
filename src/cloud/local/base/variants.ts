import type { DebianRelease, DebianVariant } from '../../../model/debian-release.ts'

/** Packages of every Debian base image: for login, configuration and boot. */
const common: readonly string[] = [
  ...['systemd', 'systemd-sysv', 'udev', 'dbus', 'kmod', 'initramfs-tools', 'busybox', 'zstd', 'linux-image-cloud-amd64'],
  ...['openssh-server', 'python3', 'python3-apt', 'sudo', 'ca-certificates', 'cloud-init', 'cloud-guest-utils', 'fdisk'],
  ...['iproute2', 'iputils-ping', 'procps', 'less', 'netbase', 'e2fsprogs', 'dosfstools'],
]

/**
 * The packages that each variant adds. `standard` has those of Debian's image genericcloud, so that roles find the same files as in a
 * cloud; docs/debian-base.md lists the exceptions. `lean` boots faster.
 */
const added: Readonly<Record<DebianVariant, readonly string[]>> = {
  standard: [
    ...['grub-cloud-amd64', 'init', 'libpam-systemd', 'systemd-resolved', 'systemd-timesyncd', 'libnss-myhostname', 'netplan.io'],
    ...['polkitd', 'apparmor', 'apt-utils', 'unattended-upgrades', 'iptables', 'nano', 'vim-tiny', 'whiptail', 'ssh-import-id'],
    ...['bash-completion', 'bind9-host', 'curl', 'ethtool', 'pciutils', 'psmisc', 'screen', 'socat', 'tcpdump', 'traceroute'],
    ...['uuid-runtime', 'vim', 'xz-utils'],
  ],
  lean: ['systemd-boot', 'systemd-boot-efi'],
}

/** The packages that the standard variant has in one release only. */
const addedInRelease: Readonly<Record<DebianRelease, readonly string[]>> = {
  bookworm: [],
  trixie: ['libnss-resolve', 'linux-sysctl-defaults'],
}

/** The packages of a Debian base image, without their dependencies. */
export function basePackages(release: DebianRelease, variant: DebianVariant): readonly string[] {
  return [...common, ...added[variant], ...(variant === 'standard' ? addedInRelease[release] : [])]
}
