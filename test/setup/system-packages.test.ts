import { describe, expect, it } from 'vitest'
import { aptArguments, missingError, missingPackages, systemPackages } from '../../src/setup/system-packages.ts'

describe('system packages', () => {
  it('names nothing where all is there', () => {
    expect(missingPackages(() => true)).toEqual([])
  })

  it('names every package on an empty machine', () => {
    expect(missingPackages(() => false)).toEqual(Object.keys(systemPackages))
  })

  it.each([
    [['qemu-img'], ['qemu-utils']],
    [
      ['sfdisk', 'mkfs.ext4'],
      ['fdisk', 'e2fsprogs'],
    ],
    [['ssh-keygen'], ['openssh-client']],
    [['/usr/share/ovmf/OVMF.fd'], ['ovmf']],
  ])('without %j asks for %j only', (absent, packages) => {
    expect(missingPackages((need) => !absent.includes(need))).toEqual(packages)
  })

  it('installs without a question and without recommended packages', () => {
    const args = aptArguments(['ovmf', 'mtools'])
    expect(args).toEqual(['install', '--yes', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', 'ovmf', 'mtools'])
  })

  it('tells a user who is not root the exact line, and exits with 3', () => {
    const error = missingError(['qemu-utils', 'ovmf'], true)
    expect(error.exitCode).toBe(3)
    expect(error.message).toContain('missing: qemu-utils ovmf')
    expect(error.hint).toBe('sudo apt-get update && sudo apt-get install --no-install-recommends qemu-utils ovmf')
  })

  it('does not speak of apt where there is none', () => {
    expect(missingError(['ovmf'], false).hint).not.toContain('apt')
  })
})
