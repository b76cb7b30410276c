import { findFirmware } from '../../../core/firmware.ts'
import { type QemuTools, readQemu } from '../../../core/tools.ts'

/** The paths of QEMU from set-up. If set-up has not run, searches PATH. */
export function qemuTools(): QemuTools {
  try {
    return readQemu()
  } catch {
    return { system: 'qemu-system-x86_64', img: 'qemu-img', ovmf: findFirmware()?.[0] ?? 'OVMF.fd' }
  }
}
