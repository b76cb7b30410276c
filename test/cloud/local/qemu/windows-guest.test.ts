import { describe, expect, it } from 'vitest'
import { type Accelerator, type Guest, qemuArguments } from '../../../../src/cloud/local/qemu/arguments.ts'

const machine = {
  ...{ name: 'win', cpus: 2, memory: 4096, firmware: '/fw', disk: '/d.qcow2', sshPort: 4000 },
  ...{ credentials: {}, qmpSocket: '/q', consoleLog: '/c', pidFile: '/p' },
}
const windows: Guest = { os: 'windows', devices: 'virtio', port: 5986 }
const line = (accelerator: Accelerator, guest?: Guest): string =>
  qemuArguments({ ...machine, accelerator, ...(guest ? { guest } : {}) }).join(' ')

describe('the command line of a Windows guest', () => {
  it.each([
    ['a real-time clock in local time', '-rtc base=localtime,driftfix=slew'],
    ['no high precision event timer, which would make it slower', 'hpet=off'],
    ['UEFI', '-bios /fw'],
    ['the port of PowerShell remoting', 'hostfwd=tcp:127.0.0.1:4000-:5986'],
    ['the Hyper-V features', '-cpu host,hv_relaxed,hv_vapic,hv_spinlocks=0x1fff'],
    ['a virtio disk', 'virtio-blk-pci,drive=disk,bootindex=0'],
    ['a virtio network interface', 'virtio-net-pci,netdev=net'],
  ])('has %s', (_what, part) => {
    expect(line('kvm', windows)).toContain(part)
  })

  it.each([
    ['a SATA disk', 'ide-hd,bus=ide.0,drive=disk,bootindex=0'],
    ['an Intel network interface', 'e1000e,netdev=net'],
  ])('has %s for an image without virtio drivers', (_what, part) => {
    const text = line('kvm', { ...windows, devices: 'standard' })
    expect(text).toContain(part)
    expect(text).not.toContain('virtio')
  })

  it('has a CPU model on which Windows starts with emulation, without Hyper-V features', () => {
    expect(line('tcg', windows)).toContain('-cpu max')
    expect(line('tcg', windows)).not.toContain('hv_')
  })

  it('has its seed as a CD, which needs no driver', () => {
    expect(qemuArguments({ ...machine, accelerator: 'kvm', guest: windows, seed: '/s.iso' }).join(' ')).toContain(
      'ide-cd,bus=ide.1,drive=seed',
    )
  })

  it.each(['kvm', 'tcg', 'hvf'] as const)('has no Windows options for Linux guests (%s)', (accelerator) => {
    const text = line(accelerator)
    expect(text).not.toMatch(/hpet|localtime|hv_|e1000e|ide-/)
    expect(text).toContain('hostfwd=tcp:127.0.0.1:4000-:22')
  })
})
