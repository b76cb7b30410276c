import { existsSync } from 'node:fs'
import { readTools, type Tools } from '../../../core/tools.ts'

/** QEMU, where set-up found it, or by name where set-up has not run: the path decides then. */
export function qemuTools(): Tools['qemu'] {
  try {
    return readTools().qemu
  } catch {
    return {
      system: 'qemu-system-x86_64',
      img: 'qemu-img',
      ovmf: firstOf('/usr/share/ovmf/OVMF.fd', '/usr/share/edk2/ovmf/OVMF.inteltdx.fd'),
      ovmfCode: firstOf('/usr/share/OVMF/OVMF_CODE_4M.fd', '/usr/share/edk2/ovmf/OVMF_CODE.fd'),
      ovmfVars: firstOf('/usr/share/OVMF/OVMF_VARS_4M.fd', '/usr/share/edk2/ovmf/OVMF_VARS.fd'),
    }
  }
}

function firstOf(...files: readonly [string, ...string[]]): string {
  return files.find((file) => existsSync(file)) ?? files[0]
}
