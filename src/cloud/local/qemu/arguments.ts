import type { Machine, Os } from '../../../model/family.ts'
import { type FilterSockets, networkArguments } from './network.ts'

/** What runs the guests: the processor of this computer, by KVM or HVF, or emulation. After the comma: what the guest's processor lacks. */
export type Accelerator = 'kvm' | 'kvm,arch-capabilities=off' | 'hvf' | 'tcg'

export interface MachineShape {
  readonly cpus: number
  /** MiB. */
  readonly memory: number
}

/** What a guest must find, so that it boots and is reached. */
export interface Guest {
  readonly os: Os
  /** `standard`: a SATA disk and an Intel network card, for which every Windows has drivers. */
  readonly devices: Machine['devices']
  /** The guest's port that the forwarded one leads to: 22, or 5986 for PowerShell remoting. */
  readonly port: number
}

const linuxGuest: Guest = { os: 'linux', devices: 'virtio', port: 22 }

export interface MachineSpec extends MachineShape {
  /** A Linux guest reached by SSH, if nothing else is said. */
  readonly guest?: Guest
  /** Tells the process from any other that may get its pid. */
  readonly name: string
  readonly accelerator: Accelerator
  /** UEFI firmware, one file. */
  readonly firmware: string
  /** The writable disk, qcow2; or one of so many bytes that stops the machine when it is first read, before the guest learns of it. */
  readonly disk: string | number
  /** A read-only disk with data for cloud-init. */
  readonly seed?: string
  /** Port on 127.0.0.1 that leads to the guest's own. */
  readonly sshPort: number
  /** What the guest sends goes through it; without one, the guest reaches nothing and is told no name server. */
  readonly filter?: FilterSockets
  /** Forbid QEMU the system calls that it does not need, such as starting programs. Only a QEMU for Linux can. */
  readonly sandbox?: boolean
  /** systemd credentials for the guest, by name. */
  readonly credentials: Readonly<Record<string, string>>
  readonly qmpSocket: string
  readonly consoleLog: string
  readonly pidFile: string
  /** Start with the processors stopped. */
  readonly paused?: boolean
  /** Its memory is saved or restored: a guest with nested virtualization cannot be restored reliably, so its processor has none. */
  readonly isSaved?: boolean
}

/**
 * The command line of a guest, without the program's name. A guest has as few devices as it needs: each one costs
 * the firmware time. `cache=unsafe` is right here because a disk that outlives its guest is copied after it stopped.
 */
export function qemuArguments(spec: MachineSpec): string[] {
  const guest = spec.guest ?? linuxGuest
  return [
    ...['-name', spec.name, '-nodefaults', '-no-user-config', '-display', 'none', '-vga', 'std'],
    ...['-machine', `${spec.accelerator === 'hvf' ? 'q35' : 'q35,smm=off'},vmport=off${guest.os === 'windows' ? ',hpet=off' : ''}`],
    ...acceleratorArguments(spec, guest),
    // Windows takes the clock of the machine for local time.
    ...(guest.os === 'windows' ? ['-rtc', 'base=localtime,driftfix=slew'] : []),
    ...['-smp', String(spec.cpus), '-m', String(spec.memory)],
    ...['-bios', spec.firmware, '-boot', 'menu=off,strict=on'],
    ...['-drive', `if=none,id=disk,${typeof spec.disk === 'number' ? unreadable(spec.disk) : qcow2(spec.disk)}`],
    ...['-device', guest.devices === 'standard' ? 'ide-hd,bus=ide.0,drive=disk,bootindex=0' : 'virtio-blk-pci,drive=disk,bootindex=0'],
    ...(spec.seed === undefined ? [] : seedArguments(spec.seed, guest)),
    ...networkArguments({ hostPort: spec.sshPort, guestPort: guest.port, ...(spec.filter ? { filter: spec.filter } : {}) }),
    ...['-device', `${guest.devices === 'standard' ? 'e1000e' : 'virtio-net-pci'},netdev=net,romfile=`],
    ...(guest.devices === 'standard' ? [] : ['-device', 'virtio-rng-pci']),
    ...['-chardev', `file,id=console,path=${escaped(spec.consoleLog)}`, '-serial', 'chardev:console'],
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

/** What makes Windows quick and its clock right under a hypervisor that it knows of; emulated, it is no use. */
const enlightenments = [
  'hv_relaxed',
  'hv_vapic',
  'hv_spinlocks=0x1fff',
  'hv_vpindex',
  'hv_runtime',
  'hv_synic',
  'hv_stimer',
  'hv_time',
  'hv_frequencies',
].join(',')

function acceleratorArguments({ accelerator, isSaved }: MachineSpec, guest: Guest): string[] {
  if (accelerator === 'tcg') return emulationArguments(guest)
  const [name = '', ...lacking] = accelerator.split(',')
  const windows = name === 'kvm' && guest.os === 'windows' ? [enlightenments] : []
  return ['-accel', name, '-cpu', ['host', ...lacking, ...(isSaved ? ['vmx=off', 'svm=off'] : []), ...windows].join(',')]
}

function emulationArguments(guest: Guest): string[] {
  // Windows Server 2025 does not start without SSE 4.2 and POPCNT.
  if (guest.os === 'windows') return ['-accel', 'tcg,thread=multi,tb-size=1024', '-cpu', 'max']
  // A plain processor model boots faster when emulated. 512 MiB of translated code are room for a whole boot; more of it makes a reboot
  // take minutes, because what the old kernel left translated is thrown away piece by piece while the new one is unpacked over it.
  return ['-accel', 'tcg,thread=multi,tb-size=512', '-cpu', 'qemu64']
}

function seedArguments(seed: string, guest: Guest): string[] {
  const device = guest.os === 'windows' ? 'ide-cd,bus=ide.1,drive=seed' : 'virtio-blk-pci,drive=seed'
  return ['-drive', `if=none,id=seed,file=${escaped(seed)},format=raw,readonly=on`, '-device', device]
}

/**
 * systemd.system-credentials(7): by SMBIOS, which the firmware copies when it starts (binary ones come as base64), and by
 * fw_cfg, which the guest reads from QEMU itself. The same one twice: the first that is found counts.
 */
function credentialArguments(name: string, value: string): string[] {
  const text = `io.systemd.credential.binary:${name}=${Buffer.from(value).toString('base64')}`
  return ['-smbios', `type=11,value=${text}`, '-fw_cfg', `name=opt/io.systemd.credentials/${name},string=${escaped(value)}`]
}

/** QEMU splits options at commas; a doubled one stands for itself. */
function escaped(value: string): string {
  return value.replaceAll(',', ',,')
}
