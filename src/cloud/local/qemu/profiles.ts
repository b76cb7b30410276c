import type { Os } from '../../../guest/systems.ts'

/** The settings of QEMU that depend on the operating system. */
export interface Profile {
  /** Options of the board, in addition to those of every machine. */
  readonly board: string
  readonly clock: readonly string[]
  /** CPU features with KVM. */
  readonly kvmFeatures: readonly string[]
  /** Options of emulation, and its CPU model. */
  readonly emulation: { readonly accelerator: readonly string[]; readonly cpu: string }
  /** The device for the disk with data for cloud-init. */
  readonly seedDevice: string
  /** Whether its machines may be restored from VM snapshots. */
  readonly usesSnapshots: boolean
  /** How to get a base image, as the hint of an error. */
  readonly imageAdvice?: string
}

/** One row for each operating system. */
export const profiles: Readonly<Record<Os, Profile>> = {
  linux: {
    board: '',
    clock: [],
    kvmFeatures: [],
    // With emulation, a simple CPU model boots faster: `max` takes 1.2 times the CPU time. These features make it x86-64-v2, without which
    // RHEL 9 and Amazon Linux 2023 stop at init. They cost no time. 512 MiB of translated code are enough for a boot. With more, a reboot takes
    // minutes, because the translated code of the old kernel is discarded piece by piece while the new kernel is unpacked.
    emulation: { accelerator: ['-accel', 'tcg,thread=multi,tb-size=512'], cpu: 'qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt' },
    seedDevice: 'virtio-blk-pci,drive=seed',
    usesSnapshots: true,
  },
  windows: {
    board: ',hpet=off',
    // Windows expects local time in the real-time clock.
    clock: ['-rtc', 'base=localtime,driftfix=slew'],
    // Hyper-V features that make Windows faster and its clock exact. They have no effect with emulation.
    kvmFeatures: [
      'hv_relaxed',
      'hv_vapic',
      'hv_spinlocks=0x1fff',
      'hv_vpindex',
      'hv_runtime',
      'hv_synic',
      'hv_stimer',
      'hv_time',
      'hv_frequencies',
    ],
    // Windows Server 2025 does not start without SSE 4.2 and POPCNT.
    emulation: { accelerator: ['-accel', 'tcg,thread=multi,tb-size=1024'], cpu: 'max' },
    seedDevice: 'ide-cd,bus=ide.1,drive=seed',
    usesSnapshots: false,
    imageAdvice:
      'provide a disk image of Windows: base: {image: <qcow2>, sha256: …}. It must boot with UEFI, and have a WinRM listener for HTTPS on port 5986, or OpenSSH',
  },
}
