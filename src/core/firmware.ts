import { existsSync } from 'node:fs'

/** Paths of UEFI firmware for x86_64 in one file (for `-bios`), by distribution. */
const whole: readonly string[] = [
  '/usr/share/ovmf/OVMF.fd', // Debian, Ubuntu
  '/usr/share/edk2/x64/OVMF.4m.fd', // Arch
  '/usr/share/edk2-ovmf/x64/OVMF.fd', // Arch, before 2024
  '/usr/share/qemu/ovmf-x86_64.bin', // openSUSE
  '/usr/share/edk2/ovmf/OVMF.fd', // Fedora
]

/** Paths of UEFI firmware in two files. The variables followed by the code give the whole firmware. */
const halves: readonly (readonly [variables: string, code: string])[] = [
  ['/usr/share/edk2/ovmf/OVMF_VARS.fd', '/usr/share/edk2/ovmf/OVMF_CODE.fd'], // Fedora
  ['/usr/share/edk2/x64/OVMF_VARS.4m.fd', '/usr/share/edk2/x64/OVMF_CODE.4m.fd'], // Arch
  ['/usr/share/qemu/ovmf-x86_64-vars.bin', '/usr/share/qemu/ovmf-x86_64-code.bin'], // openSUSE
  ['/usr/share/OVMF/OVMF_VARS.fd', '/usr/share/OVMF/OVMF_CODE.fd'], // Debian
]

/** The firmware of this computer: one file, or two files to join; undefined if there is none. */
export function findFirmware(isThere: (file: string) => boolean = existsSync): readonly [string, ...string[]] | undefined {
  const file = whole.find(isThere)
  return file === undefined ? halves.find((pair) => pair.every(isThere)) : [file]
}
