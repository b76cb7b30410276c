import type { Manager } from './distribution.ts'
import type { Needs } from './needs.ts'

/** A tool that comes in a package of the distribution. */
export interface SystemTool {
  /** Commands or absolute paths that exist if the tool is installed. `firmware` is searched in the folders of each distribution. */
  readonly shownBy: readonly string[]
  /** The package for each package manager; undefined if the distribution has none. */
  readonly packages: Readonly<Record<Manager, string | undefined>>
  /** The part of set-up that needs the tool. Absent: always needed. */
  readonly for?: keyof Pick<Needs, 'machines' | 'debian'>
  /** Not needed if root runs Bakehouse. */
  readonly unlessRoot?: boolean
}

const same = (name: string): SystemTool['packages'] => ({ apt: name, dnf: name, pacman: name, zypper: name })

/** All tools that come from the distribution, except Python, which is found by its version. */
export const systemTools: readonly SystemTool[] = [
  {
    shownBy: ['ssh', 'ssh-keygen'],
    packages: { apt: 'openssh-client', dnf: 'openssh-clients', pacman: 'openssh', zypper: 'openssh-clients' },
  },
  {
    for: 'machines',
    shownBy: ['qemu-system-x86_64'],
    packages: { apt: 'qemu-system-x86', dnf: 'qemu-system-x86-core', pacman: 'qemu-system-x86', zypper: 'qemu-x86' },
  },
  { for: 'machines', shownBy: ['qemu-img'], packages: { apt: 'qemu-utils', dnf: 'qemu-img', pacman: 'qemu-img', zypper: 'qemu-img' } },
  { for: 'machines', shownBy: ['firmware'], packages: { apt: 'ovmf', dnf: 'edk2-ovmf', pacman: 'edk2-ovmf', zypper: 'qemu-ovmf-x86_64' } },
  { for: 'machines', shownBy: ['xorriso'], packages: { ...same('xorriso'), pacman: 'libisoburn' } },
  { for: 'debian', shownBy: ['mmdebstrap'], packages: { ...same('mmdebstrap'), pacman: undefined, zypper: undefined } },
  { for: 'debian', shownBy: ['apt-get', 'dpkg'], packages: { ...same('apt'), zypper: undefined } },
  {
    for: 'debian',
    shownBy: ['/usr/share/keyrings/debian-archive-keyring.gpg'],
    packages: { apt: 'debian-archive-keyring', dnf: 'debian-keyring', pacman: 'debian-archive-keyring', zypper: undefined },
  },
  { for: 'debian', shownBy: ['mkfs.vfat'], packages: same('dosfstools') },
  { for: 'debian', shownBy: ['mcopy'], packages: same('mtools') },
  { for: 'debian', shownBy: ['sfdisk'], packages: { apt: 'fdisk', dnf: 'util-linux', pacman: 'util-linux', zypper: 'util-linux' } },
  { for: 'debian', shownBy: ['mkfs.ext4'], packages: same('e2fsprogs') },
  {
    for: 'debian',
    unlessRoot: true,
    shownBy: ['newuidmap', 'newgidmap'],
    packages: { apt: 'uidmap', dnf: 'shadow-utils', pacman: 'shadow', zypper: 'shadow' },
  },
]

/** The packages to install if there is no Python that is new enough. */
export const pythonPackages: Readonly<Record<Manager, string>> = {
  apt: 'python3 python3-venv',
  dnf: 'python3',
  pacman: 'python',
  zypper: 'python311',
}
