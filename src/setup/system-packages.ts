import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { MissingError } from '../core/errors.ts'
import { findCommand } from '../core/find-command.ts'
import { findFirmware } from '../core/firmware.ts'
import { cacheFolder } from '../core/paths.ts'
import type { QemuTools } from '../core/tools.ts'
import { installPackages } from './apt.ts'
import { type Distribution, installLine, readDistribution, refusePlatform, refuseProcessor } from './distribution.ts'
import type { Needs } from './needs.ts'
import { pythonPackages, type SystemTool, systemTools } from './package-names.ts'
import { findPython, minimumPython } from './python.ts'
import type { SetupTask } from './task.ts'

/** The needed tools that are not installed, or not completely. */
export function missingTools(needs: Needs, isRoot: boolean, isPresent: (need: string) => boolean): SystemTool[] {
  // Tests also run as users without privileges.
  const onlyRoot = isRoot && !needs.checks
  return systemTools.filter(
    (tool) => (tool.for === undefined || needs[tool.for]) && !(tool.unlessRoot && onlyRoot) && !tool.shownBy.every(isPresent),
  )
}

/** Plans QEMU and the disk tools. Throws MissingError with the command to type if packages are missing and set-up may not install them. */
export async function planSystemPackages(needs: Needs): Promise<SetupTask<QemuTools | undefined>> {
  const refusal = needs.machines ? (refusePlatform(process.platform) ?? refuseProcessor(process.arch)) : undefined
  if (refusal) throw refusal
  const isRoot = process.getuid?.() === 0
  const tools = missingTools(needs, isRoot, isPresent)
  const hasPython = (await findPython()) !== undefined
  if (tools.length === 0 && hasPython) return { have: needs.machines ? findQemu() : undefined }
  const distribution = readDistribution()
  const apt = distribution.manager === 'apt' && isRoot ? findCommand('apt-get') : undefined
  if (!apt) throw explainMissing(tools, hasPython, distribution)
  const packages = packagesOf(tools, hasPython, 'apt')
  return {
    todo: `installing ${packages.join(' ')}`,
    async run(report) {
      await installPackages(apt, packages, report)
      if (!(await findPython()))
        throw new MissingError(`Python >= ${minimumPython} is needed to run Ansible, and was not found`, {
          hint: `install Python ${minimumPython} or newer`,
        })
      const still = missingTools(needs, isRoot, isPresent)
      if (still.length > 0) throw explainMissing(still, true, distribution)
      return needs.machines ? findQemu() : undefined
    },
  }
}

/** The error if set-up may not install packages: lists the missing tools and the command that installs them. */
export function explainMissing(tools: readonly SystemTool[], hasPython: boolean, { manager, title }: Distribution): MissingError {
  const named = (needs: readonly string[]): string[] => needs.map((need) => (need === 'firmware' ? 'UEFI firmware (OVMF)' : need))
  const missing = [...tools.flatMap(({ shownBy }) => named(shownBy)), ...(hasPython ? [] : [`Python >= ${minimumPython}`])].join(', ')
  const what = `Missing on this computer: ${missing}`
  if (!manager) return new MissingError(what, { hint: `install them with the package manager of ${title}` })
  const without = tools.filter(({ packages }) => packages[manager] === undefined).flatMap(({ shownBy }) => shownBy)
  const packages = packagesOf(tools, hasPython, manager)
  const line = packages.length > 0 ? installLine(manager, packages) : ''
  const rest = `${title} has no package for ${without.join(', ')}: build them, or start families from a disk image (base: {image: …, sha256: …})`
  return new MissingError(what, { hint: [line, ...(without.length > 0 ? [rest] : [])].filter(Boolean).join('; ') })
}

function packagesOf(tools: readonly SystemTool[], hasPython: boolean, manager: NonNullable<Distribution['manager']>): string[] {
  const names = tools.flatMap(({ packages }) => packages[manager] ?? [])
  return [...new Set([...names, ...(hasPython ? [] : [pythonPackages[manager]])])]
}

function findQemu(): QemuTools | undefined {
  const [system, img, firmware] = [findCommand('qemu-system-x86_64'), findCommand('qemu-img'), findFirmware()]
  return system && img && firmware ? { system, img, ovmf: firmware.length === 1 ? firmware[0] : joinFirmware(firmware) } : undefined
}

/** Joins the two files of a firmware to one: its variables, then its code. */
function joinFirmware(files: readonly string[]): string {
  const joined = join(cacheFolder(), 'OVMF.fd')
  const bytes = Buffer.concat(files.map((file) => readFileSync(file)))
  if (!existsSync(joined) || !readFileSync(joined).equals(bytes)) writeFileSync(joined, bytes)
  return joined
}

function isPresent(need: string): boolean {
  if (need === 'firmware') return findFirmware() !== undefined
  return need.startsWith('/') ? existsSync(need) : findCommand(need) !== undefined
}
