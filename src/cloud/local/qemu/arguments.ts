import { defined } from '../../../core/defined.ts'
import { forSystem, systemNames } from '../../../guest/systems.ts'
import type { Machine } from '../../../model/family.ts'
import { type FilterSockets, networkArguments } from './network.ts'
import { type Profile, profiles } from './profiles.ts'

/** The accelerator of QEMU: KVM, HVF, or emulation (tcg). After the comma: a CPU feature that is switched off. */
export type Accelerator = 'kvm' | 'kvm,arch-capabilities=off' | 'hvf' | 'tcg'

/** The size of a machine. */
export interface MachineShape {
  readonly cpus: number
  /** MiB. */
  readonly memory: number
}

/** The requirements of a guest operating system. */
export interface Guest {
  readonly os: string
  /** `standard`: a SATA disk and an Intel network interface, for which Windows has drivers. */
  readonly devices: Machine['devices']
  /** The port of the guest that is forwarded: 22, or 5986 for PowerShell remoting. */
  readonly port: number
}

const defaultGuest: Guest = { os: systemNames[0], devices: 'virtio', port: 22 }

/** Input of the QEMU command line. */
export interface MachineSpec extends MachineShape {
  /** Default: a Linux guest with SSH. */
  readonly guest?: Guest
  /** The name of the process. It identifies the process, because its PID may be reused later. */
  readonly name: string
  readonly accelerator: Accelerator
  /** UEFI firmware in one file. */
  readonly firmware: string
  /** The path of the disk (qcow2); or a number: an empty disk of this size in bytes, whose first read stops the machine. */
  readonly disk: string | number
  /** A read-only disk with data for cloud-init. */
  readonly seed?: string
  /** The port on 127.0.0.1 that is forwarded to the guest. */
  readonly sshPort: number
  /** The filter for all packets of the guest. Without it, the guest cannot connect to anything and gets no name server. */
  readonly filter?: FilterSockets
  /** Whether QEMU is forbidden system calls that it does not need, such as starting programs. Works only on Linux. */
  readonly sandbox?: boolean
  /** systemd credentials for the guest, by name. */
  readonly credentials: Readonly<Record<string, string>>
  readonly qmpSocket: string
  readonly consoleLog: string
  readonly pidFile: string
  /** Emulate all CPU features that QEMU knows, not only those with which most systems boot fastest. */
  readonly emulatesAll?: boolean
  /** Start with stopped CPUs. */
  readonly paused?: boolean
  /** Whether a VM snapshot is used. The CPU then has no nested virtualization, because that cannot be restored reliably. */
  readonly isSaved?: boolean
}

/**
 * The arguments of QEMU for a machine. It has only the devices that it needs, because each one makes the firmware slower. `cache=unsafe` is
 * safe here: a disk is copied only after its machine has stopped, and a disk of a crashed machine is not used.
 */
export function qemuArguments(spec: MachineSpec): string[] {
  const guest = spec.guest ?? defaultGuest
  const profile = forSystem(profiles, guest.os)
  return [
    ...['-name', spec.name, '-nodefaults', '-no-user-config', '-display', 'none', '-vga', 'std'],
    ...['-machine', `${spec.accelerator === 'hvf' ? 'q35' : 'q35,smm=off'},vmport=off${profile.board}`],
    ...acceleratorArguments(spec, profile),
    ...profile.clock,
    ...['-smp', String(spec.cpus), '-m', String(spec.memory)],
    ...['-bios', spec.firmware, '-boot', 'menu=off,strict=on'],
    ...['-drive', `if=none,id=disk,${typeof spec.disk === 'number' ? unreadable(spec.disk) : qcow2(spec.disk)}`],
    ...['-device', guest.devices === 'standard' ? 'ide-hd,bus=ide.0,drive=disk,bootindex=0' : 'virtio-blk-pci,drive=disk,bootindex=0'],
    ...(spec.seed === undefined ? [] : seedArguments(spec.seed, profile.seedDevice)),
    ...networkArguments({ hostPort: spec.sshPort, guestPort: guest.port, ...defined({ filter: spec.filter }) }),
    ...['-device', `${guest.devices === 'standard' ? 'e1000e' : 'virtio-net-pci'},netdev=net,romfile=`],
    ...(guest.devices === 'standard' ? [] : ['-device', 'virtio-rng-pci']),
    ...['-chardev', `file,id=console,path=${escaped(spec.consoleLog)},append=on`, '-serial', 'chardev:console'],
    ...['-qmp', `unix:${escaped(spec.qmpSocket)},server=on,wait=off`],
    ...['-pidfile', spec.pidFile],
    ...Object.entries(spec.credentials).flatMap(([name, value]) => credentialArguments(name, value)),
    ...(spec.sandbox ? ['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'] : []),
    ...(spec.paused ? ['-S'] : []),
  ]
}

function qcow2(file: string): string {
  return `file=${escaped(file)},format=qcow2,cache=unsafe,discard=unmap,detect-zeroes=unmap`
}

function unreadable(bytes: number): string {
  const image = `file.image.driver=null-co,file.image.size=${bytes}`
  return `format=raw,rerror=stop,file.driver=blkdebug,file.inject-error.0.event=read_aio,${image}`
}

function acceleratorArguments({ accelerator, emulatesAll, isSaved }: MachineSpec, { emulation, kvmFeatures }: Profile): readonly string[] {
  if (accelerator === 'tcg') return [...emulation.accelerator, '-cpu', emulatesAll ? 'max' : emulation.cpu]
  const [name = '', ...lacking] = accelerator.split(',')
  const features = name === 'kvm' ? kvmFeatures : []
  return ['-accel', name, '-cpu', ['host', ...lacking, ...(isSaved ? ['vmx=off', 'svm=off'] : []), ...features].join(',')]
}

function seedArguments(seed: string, device: string): string[] {
  return ['-drive', `if=none,id=seed,file=${escaped(seed)},format=raw,readonly=on`, '-device', device]
}

/**
 * The arguments for a systemd credential, see systemd.system-credentials(7). It is passed in two ways, of which the guest uses the first
 * that it finds: SMBIOS, which the firmware copies when it starts, and fw_cfg, which the guest reads from QEMU.
 */
function credentialArguments(name: string, value: string): string[] {
  const text = `io.systemd.credential.binary:${name}=${Buffer.from(value).toString('base64')}`
  return ['-smbios', `type=11,value=${text}`, '-fw_cfg', `name=opt/io.systemd.credentials/${name},string=${escaped(value)}`]
}

/** Escapes a value: QEMU splits options at commas, and reads two commas as one. */
function escaped(value: string): string {
  return value.replaceAll(',', ',,')
}
