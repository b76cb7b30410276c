import { findFirmware } from '../../../core/firmware.ts'
import { type QemuTools, readQemu } from '../../../core/tools.ts'

/** QEMU, where set-up found it. Where set-up has not run, its programs are found by PATH. */
export function qemuTools(): QemuTools {
  try {
    return readQemu()
  } catch {
    return { system: 'qemu-system-x86_64', img: 'qemu-img', ovmf: findFirmware()?.[0] ?? 'OVMF.fd' }
  }
}
