import { describe, expect, it } from 'vitest'
import { type MachineSpec, qemuArguments } from '../../../../src/cloud/local/qemu/arguments.ts'

const machine: MachineSpec = {
  ...{ name: 'vm-1', accelerator: 'tcg', cpus: 2, memory: 1024, firmware: '/fw.fd', disk: '/d.qcow2', sshPort: 4000 },
  ...{ credentials: {}, qmpSocket: '/q', consoleLog: '/c', pidFile: '/p' },
}
const line = (more: Partial<MachineSpec> = {}): string => qemuArguments({ ...machine, ...more }).join(' ')

describe('the command line of a guest', () => {
  it.each([
    ['its name, which identifies the process', '-name vm-1'],
    ['UEFI firmware', '-bios /fw.fd'],
    ['a virtio disk, first in the boot order', 'virtio-blk-pci,drive=disk,bootindex=0'],
    ['discard of freed blocks', 'discard=unmap,detect-zeroes=unmap'],
    ['no flushes to disk, because the disk is temporary', 'cache=unsafe'],
    ['SSH on 127.0.0.1 only', 'hostfwd=tcp:127.0.0.1:4000-:22'],
    ['no network boot', 'romfile='],
    ['a random number generator', 'virtio-rng-pci'],
    ['a screen for screenshots', '-vga std'],
    ['its console in a file that can be shortened', 'file,id=console,path=/c,append=on'],
    ['no default devices', '-nodefaults'],
  ])('has %s', (_what, part) => {
    expect(line()).toContain(part)
  })

  it('passes credentials in the two ways that systemd reads', () => {
    const args = line({ credentials: { 'ssh.authorized_keys.root': 'ssh-ed25519 AAAA a,b\n' } })
    expect(args).toContain(`-smbios type=11,value=io.systemd.credential.binary:ssh.authorized_keys.root=${btoa('ssh-ed25519 AAAA a,b\n')} `)
    expect(args).toContain('-fw_cfg name=opt/io.systemd.credentials/ssh.authorized_keys.root,string=ssh-ed25519 AAAA a,,b\n')
  })

  it('has a disk that stops the machine at its first read, for a firmware snapshot', () => {
    expect(line({ disk: 4096 })).toContain('rerror=stop,file.driver=blkdebug,file.inject-error.0.event=read_aio')
    expect(line({ disk: 4096 })).toContain('file.image.driver=null-co,file.image.size=4096')
    expect(line({ disk: 4096 })).not.toContain('qcow2')
  })

  // With qemu64 alone, RHEL 9 and its kin stop with "Fatal glibc error: CPU does not support x86-64-v2" (hashicorp/packer-plugin-qemu#76,
  // amazonlinux/amazon-linux-2023#696). qemu64 itself has cx16, lahf_lm and sse3.
  it.each(['ssse3', 'sse4.1', 'sse4.2', 'popcnt'])('has an emulated CPU with %s, a part of x86-64-v2', (feature) => {
    expect(line()).toMatch(new RegExp(`-cpu qemu64,\\S*\\+${feature}\\b`))
  })

  it('starts with stopped CPUs only if requested', () => {
    expect(line({ paused: true })).toMatch(/ -S$/)
    expect(line()).not.toMatch(/ -S( |$)/)
  })

  it.each([
    ['disk', 'file=/o,,ne "2" \'3\' 4% #5 ü.qcow2,format=qcow2'],
    ['seed', 'file=/o,,ne "2" \'3\' 4% #5 ü.qcow2,format=raw'],
    ['consoleLog', 'path=/o,,ne "2" \'3\' 4% #5 ü.qcow2'],
    ['qmpSocket', 'unix:/o,,ne "2" \'3\' 4% #5 ü.qcow2,server=on'],
    // Options without a list do not split at commas.
    ['pidFile', '-pidfile /o,ne "2" \'3\' 4% #5 ü.qcow2'],
    ['firmware', '-bios /o,ne "2" \'3\' 4% #5 ü.qcow2'],
  ])('keeps a comma in the path of its %s, although QEMU splits options at commas', (key, part) => {
    expect(line({ [key]: '/o,ne "2" \'3\' 4% #5 ü.qcow2' })).toContain(part)
  })

  it.each([
    ['kvm', '-accel kvm -cpu host -smp'],
    ['kvm,arch-capabilities=off', '-accel kvm -cpu host,arch-capabilities=off -smp'],
    ['hvf', '-accel hvf -cpu host'],
    ['tcg', '-accel tcg,thread=multi'],
  ] as const)('runs on %s', (accelerator, part) => {
    expect(line({ accelerator })).toContain(part)
  })

  it('has no nested virtualization with VM snapshots, because it cannot be restored reliably', () => {
    expect(line({ accelerator: 'kvm', isSaved: true })).toContain('-cpu host,vmx=off,svm=off -smp')
    expect(line({ accelerator: 'tcg', isSaved: true })).toBe(line({ accelerator: 'tcg' }))
  })

  it('has a network without connections unless there is a filter', () => {
    expect(line()).toContain('user,id=net,ipv6=off,restrict=on,')
    const filtered = line({ filter: { fromGuest: '/a,b', toNetwork: '/c' } })
    expect(filtered).toContain('user,id=net,ipv6=off,restrict=off,')
    expect(filtered).toContain('-chardev socket,id=fromguest,path=/a,,b,server=on,wait=off -chardev socket,id=tonetwork,path=/c,')
    expect(filtered).toContain('-object filter-redirector,id=filter,netdev=net,queue=rx,outdev=fromguest,indev=tonetwork')
  })

  it('forbids QEMU to start programs on Linux', () => {
    expect(line({ sandbox: true })).toMatch(/-sandbox on,\S*spawn=deny/)
    expect(line()).not.toContain('-sandbox')
  })

  it('has a seed disk only if one is given', () => {
    expect(line({ seed: '/s.iso' })).toContain('file=/s.iso,format=raw,readonly=on')
    expect(line()).not.toContain('drive=seed')
  })
})
