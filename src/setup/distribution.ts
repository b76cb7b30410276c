import { readFileSync } from 'node:fs'
import { MissingError } from '../core/errors.ts'

/** A package manager whose package names are listed in package-names.ts. */
export type Manager = 'apt' | 'dnf' | 'pacman' | 'zypper'

/** The Linux distribution of this computer. */
export interface Distribution {
  readonly title: string
  /** Undefined if set-up does not know the package names of this distribution. */
  readonly manager: Manager | undefined
}

const managers: readonly (readonly [Manager, readonly string[]])[] = [
  ['apt', ['debian', 'ubuntu']],
  ['dnf', ['fedora', 'rhel', 'centos']],
  ['pacman', ['arch']],
  ['zypper', ['suse', 'opensuse']],
]

const installCommands: Readonly<Record<Manager, string>> = {
  apt: 'sudo apt-get update && sudo apt-get install --no-install-recommends',
  dnf: 'sudo dnf install',
  pacman: 'sudo pacman -S --needed',
  zypper: 'sudo zypper install',
}

/** The distribution that the text of /etc/os-release describes: by `ID`, else by `ID_LIKE`. See os-release(5). */
export function parseDistribution(osRelease: string): Distribution {
  const value = (key: string): string => new RegExp(`^${key}="?([^"\n]*)"?$`, 'm').exec(osRelease)?.[1] ?? ''
  const names = [value('ID'), ...value('ID_LIKE').split(' ')].map((name) => name.split('-')[0] ?? '')
  const manager = names.flatMap((name) => managers.filter(([, known]) => known.includes(name)).map(([found]) => found))[0]
  return { title: value('PRETTY_NAME') || value('NAME') || 'this system', manager }
}

/** The distribution of this computer. */
export function readDistribution(): Distribution {
  try {
    return parseDistribution(readFileSync('/etc/os-release', 'utf8'))
  } catch {
    return { title: 'this system', manager: undefined }
  }
}

/** The command line that installs packages. */
export function installLine(manager: Manager, packages: readonly string[]): string {
  return `${installCommands[manager]} ${packages.join(' ')}`
}

/** The error for a platform on which local machines cannot run, with a hint; undefined if they can. */
export function refusePlatform(platform: NodeJS.Platform): MissingError | undefined {
  if (platform === 'linux') return undefined
  const name = { darwin: 'macOS', win32: 'Windows' }[platform as string] ?? platform
  return new MissingError(`Machines of the local cloud run on Linux only, and this is ${name}`, {
    hint: platform === 'win32' ? 'use WSL 2 with Debian' : 'build on EC2 (--cloud aws), or run Bakehouse in a Linux machine',
  })
}

/** The error for a CPU architecture on which local machines cannot run, with what is missing; undefined if they can. As in `process.arch`. */
export function refuseProcessor(arch: string): MissingError | undefined {
  if (arch === 'x64') return undefined
  return new MissingError(
    `Local machines need an x86_64 CPU, and this computer is ${arch}: Bakehouse has no Debian base image, UEFI firmware and QEMU machine for ${arch}`,
    { hint: 'build on EC2 (--cloud aws), or use a computer with an x86_64 CPU' },
  )
}
