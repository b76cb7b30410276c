import { closeSync, openSync } from 'node:fs'
import { userInfo } from 'node:os'

/** Why a device cannot be used, and what to do. */
export interface DeviceTrouble {
  readonly why: string
  readonly hint: string
}

/** Why `/dev/kvm` cannot be opened; undefined if it can. Opens it, because only that shows the device rules of a container. */
export function findDeviceTrouble(device = '/dev/kvm', user = userInfo().username): DeviceTrouble | undefined {
  try {
    closeSync(openSync(device, 'r+'))
    return undefined
  } catch (error) {
    return explainDevice((error as NodeJS.ErrnoException).code ?? '', device, user)
  }
}

/** Explains an error of opening the device. `code`: as in errno(3). */
export function explainDevice(code: string, device: string, user: string): DeviceTrouble {
  const inContainer = `in a container: start it with --device ${device}`
  if (code === 'EACCES') {
    const rule = `on a CI runner: echo 'KERNEL=="kvm", MODE="0666"' | sudo tee /etc/udev/rules.d/99-kvm.rules && sudo udevadm trigger --name-match=kvm`
    const hint = `sudo usermod -aG kvm ${user}, then log in again; ${rule}; ${inContainer} and --group-add with the group of ${device}`
    return { why: `${device}: permission denied for ${user}`, hint }
  }
  if (code === 'EPERM') return { why: `${device}: the container does not allow it`, hint: inContainer }
  if (code === 'ENOENT' || code === 'ENODEV' || code === 'ENXIO') {
    const hint = `enable virtualization in the firmware of this computer, or nested virtualization if it is a virtual machine; ${inContainer}`
    return { why: `this computer has no ${device}`, hint }
  }
  return { why: `${device} cannot be opened: ${code}`, hint: 'docs/kvm-checklist.md lists what KVM needs' }
}
