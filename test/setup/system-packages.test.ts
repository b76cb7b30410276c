import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { findFirmware } from '../../src/core/firmware.ts'
import { aptArguments, installPackages } from '../../src/setup/apt.ts'
import { parseDistribution, refusePlatform, refuseProcessor } from '../../src/setup/distribution.ts'
import { readDoctor } from '../../src/setup/doctor.ts'
import { systemTools } from '../../src/setup/package-names.ts'
import { explainMissing, missingTools } from '../../src/setup/system-packages.ts'

const everything = { machines: true, debian: true, checks: false }
const nothing = { machines: false, debian: false, checks: false }
const osRelease = {
  debian: 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n',
  ubuntu: 'PRETTY_NAME="Ubuntu 24.04 LTS"\nID=ubuntu\nID_LIKE=debian\n',
  mint: 'PRETTY_NAME="Linux Mint 22"\nID=linuxmint\nID_LIKE="ubuntu debian"\n',
  fedora: 'PRETTY_NAME="Fedora Linux 42"\nID=fedora\n',
  rocky: 'PRETTY_NAME="Rocky Linux 9"\nID="rocky"\nID_LIKE="rhel centos fedora"\n',
  arch: 'PRETTY_NAME="Arch Linux"\nID=arch\n',
  manjaro: 'PRETTY_NAME="Manjaro Linux"\nID=manjaro\nID_LIKE=arch\n',
  tumbleweed: 'PRETTY_NAME="openSUSE Tumbleweed"\nID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\n',
  alpine: 'PRETTY_NAME="Alpine Linux v3.22"\nID=alpine\n',
}

describe('the missing system packages', () => {
  it('are none if all tools are installed', () => {
    expect(missingTools(everything, false, () => true)).toEqual([])
  })

  it('are only the SSH client if no family is built on this computer', () => {
    expect(missingTools(nothing, false, () => false).map(({ packages }) => packages.apt)).toEqual(['openssh-client'])
  })

  it('are all packages on an empty computer, and uidmap if the user is not root', () => {
    expect(missingTools(everything, false, () => false)).toEqual(systemTools)
    const asRoot = missingTools(everything, true, () => false).map(({ packages }) => packages.apt)
    expect(asRoot).toContain('mmdebstrap')
    expect(asRoot).not.toContain('uidmap')
  })

  it('include uidmap for the tests, which run as other users than root too', () => {
    const forChecks = missingTools({ ...everything, checks: true }, true, () => false)
    expect(forChecks.map(({ packages }) => packages.apt)).toContain('uidmap')
  })

  it('do not include tools for Debian disks if families start from a disk image', () => {
    const packages = missingTools({ ...everything, debian: false }, false, () => false).map((tool) => tool.packages.apt)
    expect(packages).toEqual(['openssh-client', 'qemu-system-x86', 'qemu-utils', 'ovmf', 'xorriso'])
  })

  it.each([
    [['qemu-img'], ['qemu-utils']],
    [
      ['sfdisk', 'mkfs.ext4'],
      ['fdisk', 'e2fsprogs'],
    ],
    [['ssh-keygen'], ['openssh-client']],
    [['firmware'], ['ovmf']],
  ])('without %j are only %j', (absent, packages) => {
    const missing = missingTools(everything, false, (need) => !absent.includes(need))
    expect(missing.map((tool) => tool.packages.apt)).toEqual(packages)
  })
})

describe('the error for a user who may not install packages', () => {
  const missing = systemTools.filter(({ shownBy }) => ['qemu-img', 'firmware', 'newuidmap'].includes(shownBy[0] ?? ''))

  it.each([
    ['debian', 'sudo apt-get update && sudo apt-get install --no-install-recommends qemu-utils ovmf uidmap'],
    ['ubuntu', 'sudo apt-get update && sudo apt-get install --no-install-recommends qemu-utils ovmf uidmap'],
    ['mint', 'sudo apt-get update && sudo apt-get install --no-install-recommends qemu-utils ovmf uidmap'],
    ['fedora', 'sudo dnf install qemu-img edk2-ovmf shadow-utils'],
    ['rocky', 'sudo dnf install qemu-img edk2-ovmf shadow-utils'],
    ['arch', 'sudo pacman -S --needed qemu-img edk2-ovmf shadow'],
    ['manjaro', 'sudo pacman -S --needed qemu-img edk2-ovmf shadow'],
    ['tumbleweed', 'sudo zypper install qemu-img qemu-ovmf-x86_64 shadow'],
  ] as const)('is told the line to type on %s, and exits with 3', (system, line) => {
    const error = explainMissing(missing, true, parseDistribution(osRelease[system]))
    expect([error.exitCode, error.hint]).toEqual([3, line])
    expect(error.message).toBe('Missing on this computer: qemu-img, UEFI firmware (OVMF), newuidmap, newgidmap')
  })

  it('lists missing tools if the package names of the distribution are not known', () => {
    const error = explainMissing(missing, false, parseDistribution(osRelease.alpine))
    expect(error.message).toContain('Python >= 3.11')
    expect(error.hint).toContain('Alpine Linux v3.22')
    expect(error.hint).not.toMatch(/apt|dnf|pacman|zypper/)
  })

  it('lists tools without a package in the distribution, and what works without them', () => {
    const mmdebstrap = systemTools.filter(({ shownBy }) => shownBy[0] === 'mmdebstrap')
    const error = explainMissing(mmdebstrap, true, parseDistribution(osRelease.arch))
    expect(error.hint).toBe(
      'Arch Linux has no package for mmdebstrap: build them, or start families from a disk image (base: {image: …, sha256: …})',
    )
  })
})

describe('a computer that cannot run machines', () => {
  it.each([
    ['darwin', 'macOS', '--cloud aws'],
    ['win32', 'Windows', 'WSL 2'],
    ['freebsd', 'freebsd', '--cloud aws'],
  ] as const)('is refused in one sentence on %s', (platform, name, hint) => {
    const error = refusePlatform(platform)
    expect([error?.exitCode, error?.message]).toEqual([3, `Machines of the local cloud run on Linux only, and this is ${name}`])
    expect(error?.hint).toContain(hint)
  })

  it('is no error on Linux', () => expect(refusePlatform('linux')).toBeUndefined())

  it.each([
    ['linux', 'arm64', 'arm64: Bakehouse has no Debian base image, UEFI firmware and QEMU machine for arm64'],
    ['darwin', 'arm64', 'this is macOS'],
    ['win32', 'x64', 'this is Windows'],
  ] as const)('is a warning of doctor, also before set-up, on %s with %s', async (platform, arch, detail) => {
    vi.stubEnv('BAKEHOUSE_HOME', '/nonexistent/home')
    vi.stubEnv('XDG_CACHE_HOME', '/nonexistent/cache')
    const findings = await readDoctor({ platform, arch }).finally(() => vi.unstubAllEnvs())
    expect(findings).toContainEqual({
      ...{ name: 'machines', status: 'warning', detail: expect.stringContaining(detail) },
      hint: expect.stringMatching(/--cloud aws|WSL 2/),
    })
  })

  it('is not one with an x86_64 CPU', () => expect(refuseProcessor('x64')).toBeUndefined())
})

describe('the firmware', () => {
  it.each([
    ['Debian', ['/usr/share/ovmf/OVMF.fd'], ['/usr/share/ovmf/OVMF.fd']],
    ['Arch', ['/usr/share/edk2/x64/OVMF.4m.fd'], ['/usr/share/edk2/x64/OVMF.4m.fd']],
    ['openSUSE', ['/usr/share/qemu/ovmf-x86_64.bin'], ['/usr/share/qemu/ovmf-x86_64.bin']],
    [
      'Fedora, in two files,',
      ['/usr/share/edk2/ovmf/OVMF_CODE.fd', '/usr/share/edk2/ovmf/OVMF_VARS.fd'],
      ['/usr/share/edk2/ovmf/OVMF_VARS.fd', '/usr/share/edk2/ovmf/OVMF_CODE.fd'],
    ],
  ])('of %s is found', (_name, there, found) => {
    expect(findFirmware((file) => there.includes(file))).toEqual(found)
  })

  it('is missing if one of its two files is missing', () => {
    expect(findFirmware((file) => file === '/usr/share/edk2/ovmf/OVMF_CODE.fd')).toBeUndefined()
  })
})

describe('apt', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bakehouse-apt-'))
    vi.stubEnv('BAKEHOUSE_HOME', folder)
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true })
  })
  const fakeApt = (script: string): string => {
    const file = join(folder, 'apt-get')
    writeFileSync(file, `#!/bin/sh\necho "$1" >>'${folder}/calls'\n${script}\n`)
    chmodSync(file, 0o755)
    return file
  }
  const locked = 'echo "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1 (apt-get)" >&2; exit 100'
  const calls = (): string[] => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n')

  it('installs without questions and without recommended packages', () => {
    expect(aptArguments(['ovmf'])).toEqual(expect.arrayContaining(['install', '--yes', '--no-install-recommends', 'ovmf']))
  })

  it('is started again while another program holds the lock of the package lists', async () => {
    const apt = fakeApt(`[ "$(wc -l <'${folder}/calls')" -ge 3 ] || { ${locked}; }`)
    const said: string[] = []
    await installPackages(apt, ['ovmf'], (text) => said.push(text), { total: 60_000, pause: 1 })
    expect(calls()).toEqual(['update', 'update', 'update', 'install'])
    expect(said).toContain('waiting for another program that uses apt')
  })

  it('fails after that time, with exit code 3 and the lock', async () => {
    const failing = installPackages(fakeApt(locked), ['ovmf'], () => {}, { total: 0, pause: 1 })
    await expect(failing).rejects.toMatchObject({ exitCode: 3, message: expect.stringContaining('/var/lib/apt/lists/lock') })
  })

  it('fails immediately for other errors', async () => {
    const failing = installPackages(fakeApt('echo "E: Unable to locate package ovmf" >&2; exit 100'), ['ovmf'], () => {})
    await expect(failing).rejects.toThrow('Unable to locate package ovmf')
    expect(existsSync(join(folder, 'calls'))).toBe(true)
    expect(calls()).toEqual(['update'])
  })
})
