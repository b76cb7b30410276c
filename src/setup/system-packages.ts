import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { MissingError } from '../core/errors.ts'
import { runTool } from '../core/exec.ts'
import { findCommand } from '../core/find-command.ts'
import type { Report } from '../core/lock.ts'
import { homeFolder } from '../core/paths.ts'
import type { Tools } from '../core/tools.ts'
import { findPython, minimumPython } from './python.ts'
import type { Plan } from './step.ts'

const firmware = {
  ovmfCode: '/usr/share/OVMF/OVMF_CODE_4M.fd',
  ovmfVars: '/usr/share/OVMF/OVMF_VARS_4M.fd',
  ovmf: '/usr/share/ovmf/OVMF.fd',
}

/** Debian's packages, and the commands or files that show each is there. */
export const systemPackages: Readonly<Record<string, readonly string[]>> = {
  'qemu-system-x86': ['qemu-system-x86_64'],
  'qemu-utils': ['qemu-img'],
  ovmf: Object.values(firmware),
  mmdebstrap: ['mmdebstrap'],
  dosfstools: ['mkfs.vfat'],
  mtools: ['mcopy'],
  fdisk: ['sfdisk'],
  e2fsprogs: ['mkfs.ext4'],
  'systemd-boot-efi': ['/usr/lib/systemd/boot/efi/systemd-bootx64.efi'],
  xorriso: ['xorriso'],
  'openssh-client': ['ssh', 'ssh-keygen'],
}

/** The packages of which anything is not there. */
export function missingPackages(isThere: (need: string) => boolean): string[] {
  return Object.entries(systemPackages)
    .filter(([, needs]) => !needs.every(isThere))
    .map(([name]) => name)
}

/** The arguments that install packages without a question and without what they only recommend. */
export function aptArguments(packages: readonly string[]): string[] {
  return ['install', '--yes', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', ...packages]
}

/** QEMU and the disk tools. Throws MissingError with the line to type when only root could install them. */
export async function planSystemPackages(): Promise<Plan<Tools['qemu']>> {
  const missing = [...missingPackages(isThere), ...((await findPython()) ? [] : ['python3', 'python3-venv'])]
  if (missing.length === 0) return { have: findQemu() }
  const apt = findCommand('apt-get')
  if (!apt || process.getuid?.() !== 0) throw missingError(missing, apt !== undefined)
  return {
    todo: `installing ${missing.join(' ')}`,
    async run(report) {
      await installPackages(apt, missing, report)
      if (!(await findPython())) throw new MissingError(`Python >= ${minimumPython} is needed to run Ansible, and this system has none`)
      return findQemu()
    },
  }
}

async function installPackages(apt: string, packages: readonly string[], report: Report): Promise<void> {
  const options = { env: { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' }, logFile: join(homeFolder(), 'setup.log') }
  report('reading package lists')
  await runTool(apt, ['update', '-o', 'DPkg::Lock::Timeout=300'], options)
  report(`installing ${packages.join(' ')}`)
  await runTool(apt, aptArguments(packages), {
    ...options,
    onLine: (line) => {
      const name = /^(Unpacking|Setting up) ([^\s:]+)/.exec(line)
      if (name) report(`${name[1]?.toLowerCase()} ${name[2]}`)
    },
  })
}

/** The error of a machine where we may not install: the line to type, or what is needed. */
export function missingError(packages: readonly string[], isDebian: boolean): MissingError {
  const list = packages.join(' ')
  const hint = isDebian
    ? `sudo apt-get update && sudo apt-get install --no-install-recommends ${list}`
    : `install what your system calls these Debian packages: ${list}`
  return new MissingError(`QEMU and the tools that make disks are needed to bake on this machine; missing: ${list}`, { hint })
}

function findQemu(): Tools['qemu'] {
  const missing = missingPackages(isThere)
  const [system, img] = [findCommand('qemu-system-x86_64'), findCommand('qemu-img')]
  if (missing.length > 0 || !system || !img) throw missingError(missing, true)
  return { system, img, ...firmware }
}

function isThere(need: string): boolean {
  return need.startsWith('/') ? existsSync(need) : findCommand(need) !== undefined
}
