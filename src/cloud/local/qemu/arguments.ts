/** How guests are run: by the processor itself, or emulated. */
export type Accelerator = 'kvm' | 'hvf' | 'tcg'

export interface MachineShape {
  readonly cpus: number
  /** MiB. */
  readonly memory: number
}

export interface MachineSpec extends MachineShape {
  /** Tells the process from any other that may get its pid. */
  readonly name: string
  readonly accelerator: Accelerator
  /** UEFI firmware, one file. */
  readonly firmware: string
  /** The writable disk, qcow2. */
  readonly disk: string
  /** A read-only disk with data for cloud-init. */
  readonly seed?: string
  /** Port on 127.0.0.1 that leads to the guest's port 22. */
  readonly sshPort: number
  /** systemd credentials for the guest, by name. */
  readonly credentials: Readonly<Record<string, string>>
  readonly qmpSocket: string
  readonly consoleLog: string
  readonly pidFile: string
  /** Resume this memory snapshot of the disk instead of booting. */
  readonly snapshot?: string
}

/**
 * The command line of a guest, without the program's name. A guest has as few devices as it needs: each one costs
 * the firmware time. `cache=unsafe` is right here because a disk that outlives its guest is copied after it stopped.
 */
export function qemuArguments(spec: MachineSpec): string[] {
  return [
    ...['-name', spec.name, '-nodefaults', '-no-user-config', '-display', 'none', '-vga', 'std'],
    ...['-machine', `${spec.accelerator === 'hvf' ? 'q35' : 'q35,smm=off'},vmport=off`],
    ...acceleratorArguments(spec.accelerator),
    ...['-smp', String(spec.cpus), '-m', String(spec.memory)],
    ...['-bios', spec.firmware, '-boot', 'menu=off,strict=on'],
    ...['-drive', `if=none,id=disk,file=${escaped(spec.disk)},format=qcow2,cache=unsafe,discard=unmap,detect-zeroes=unmap`],
    ...['-device', 'virtio-blk-pci,drive=disk,bootindex=0'],
    ...(spec.seed === undefined ? [] : seedArguments(spec.seed)),
    ...['-netdev', `user,id=net,hostfwd=tcp:127.0.0.1:${spec.sshPort}-:22`, '-device', 'virtio-net-pci,netdev=net,romfile='],
    ...['-device', 'virtio-rng-pci'],
    ...['-chardev', `file,id=console,path=${escaped(spec.consoleLog)}`, '-serial', 'chardev:console'],
    ...['-qmp', `unix:${escaped(spec.qmpSocket)},server=on,wait=off`],
    ...['-pidfile', spec.pidFile],
    ...Object.entries(spec.credentials).flatMap(([name, value]) => ['-smbios', `type=11,value=${credential(name, value)}`]),
    ...(spec.snapshot === undefined ? [] : ['-loadvm', spec.snapshot]),
  ]
}

function acceleratorArguments(accelerator: Accelerator): string[] {
  // A plain processor model boots faster when emulated; 1 GiB of translated code is room for a whole boot.
  if (accelerator === 'tcg') return ['-accel', 'tcg,thread=multi,tb-size=1024', '-cpu', 'qemu64']
  return ['-accel', accelerator, '-cpu', 'host']
}

function seedArguments(seed: string): string[] {
  return ['-drive', `if=none,id=seed,file=${escaped(seed)},format=raw,readonly=on`, '-device', 'virtio-blk-pci,drive=seed']
}

/** systemd.system-credentials(7): binary ones come as base64. */
function credential(name: string, value: string): string {
  return `io.systemd.credential.binary:${name}=${Buffer.from(value).toString('base64')}`
}

/** QEMU splits options at commas; a doubled one stands for itself. */
function escaped(path: string): string {
  return path.replaceAll(',', ',,')
}
