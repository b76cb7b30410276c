import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findAccelerator } from '../src/cloud/local/qemu/accelerator.ts'
import { MissingError } from '../src/core/errors.ts'
import { runTool } from '../src/core/exec.ts'
import { findCommand } from '../src/core/find-command.ts'
import { makeSshKey } from '../src/core/ssh-key.ts'
import { readQemu, readTools } from '../src/core/tools.ts'

/** The inputs of Packer: the same base disk, playbook and virtual hardware as for Bakehouse. */
export interface PackerSpec {
  readonly base: string
  readonly playbook: string
  readonly cpus: number
  readonly memory: number
  readonly mitogen: boolean
}

/** The result of a build with Packer: a disk, and the key that can log in. */
export interface PackerBuild {
  readonly disk: string
  readonly identityFile: string
  readonly publicKey: string
  readonly folder: string
  remove(): void
}

/** A template with the fastest settings of Packer: backing file, no compaction, no boot wait, no SSH proxy. */
export function packerTemplate(
  spec: PackerSpec,
  files: { output: string; identityFile: string; publicKey: string; accelerator: string[][] },
): object {
  const qemu = readQemu()
  const credential = `io.systemd.credential.binary:ssh.authorized_keys.root=${Buffer.from(`${files.publicKey}\n`).toString('base64')}`
  return {
    builders: [
      {
        type: 'qemu',
        qemu_binary: qemu.system,
        disk_image: true,
        iso_url: spec.base,
        iso_checksum: 'none',
        use_backing_file: true,
        skip_resize_disk: true,
        skip_compaction: true,
        format: 'qcow2',
        headless: true,
        accelerator: 'none',
        boot_wait: '-1s',
        disk_interface: 'virtio',
        disk_cache: 'unsafe',
        disk_discard: 'unmap',
        net_device: 'virtio-net',
        ssh_username: 'root',
        ssh_private_key_file: files.identityFile,
        ssh_timeout: '10m',
        shutdown_command: 'poweroff',
        output_directory: files.output,
        vm_name: 'disk.qcow2',
        qemuargs: [
          ['-machine', 'type=q35,smm=off,vmport=off'],
          ...files.accelerator,
          ['-smp', String(spec.cpus)],
          ['-m', String(spec.memory)],
          ['-bios', qemu.ovmf],
          ['-boot', 'menu=off,strict=on'],
          ['-device', 'virtio-rng-pci'],
          ['-device', 'virtio-net-pci,netdev=user.0,romfile='],
          ['-smbios', `type=11,value=${credential}`],
        ],
      },
    ],
    provisioners: [provisioner(spec)],
  }
}

function provisioner(spec: PackerSpec): object {
  const { venv } = readTools()
  const ssh =
    '-F none -o ControlMaster=auto -o ControlPersist=60s -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR'
  return {
    type: 'ansible',
    command: join(venv, 'bin/ansible-playbook'),
    playbook_file: spec.playbook,
    use_proxy: false,
    user: 'root',
    ansible_env_vars: [
      'ANSIBLE_PIPELINING=True',
      'ANSIBLE_HOST_KEY_CHECKING=False',
      `ANSIBLE_SSH_ARGS=${ssh}`,
      ...(spec.mitogen ? ['ANSIBLE_STRATEGY=mitogen_linear', `ANSIBLE_STRATEGY_PLUGINS=${mitogenFolder(venv)}`] : []),
    ],
    extra_arguments: ['-e', 'ansible_python_interpreter=/usr/bin/python3'],
  }
}

function accelerated(name: string, cpu: string): string[][] {
  return [
    ['-accel', name],
    ['-cpu', cpu],
  ]
}

/** Throws MissingError if Packer is not installed. */
export function requirePacker(): void {
  if (findCommand('packer')) return
  throw new MissingError('Packer, which this compares with, is not installed', { hint: 'apt-get install --no-install-recommends packer' })
}

/** Runs `packer build` and waits for its end. The caller removes the result. */
export async function buildWithPacker(spec: PackerSpec): Promise<PackerBuild> {
  const folder = mkdtempSync(join(tmpdir(), 'peer-'))
  const identityFile = join(folder, 'key')
  const { publicKey } = await makeSshKey(identityFile)
  const output = join(folder, 'output')
  const accelerator =
    (await findAccelerator()) === 'tcg' ? accelerated('tcg,thread=multi,tb-size=1024', 'qemu64') : accelerated('kvm', 'host')
  const template = join(folder, 'template.json')
  writeFileSync(template, JSON.stringify(packerTemplate(spec, { output, identityFile, publicKey, accelerator })))
  await runTool('packer', ['build', '-color=false', template], {
    cwd: folder,
    env: { CHECKPOINT_DISABLE: '1', PATH: `${writeShim(folder)}:${process.env.PATH ?? ''}` },
    logFile: join(folder, 'packer.log'),
  })
  return { disk: join(output, 'disk.qcow2'), identityFile, publicKey, folder, remove: () => rmSync(folder, { recursive: true }) }
}

/** Writes a wrapper for `qemu-img` that adds `-F qcow2`: new versions require it, and the Packer of Debian 12 does not pass it. */
function writeShim(folder: string): string {
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  const script = `#!/bin/sh\ncase " $* " in *' create '*' -b '*) shift; set -- create -F qcow2 "$@" ;; esac\nexec '${readQemu().img}' "$@"\n`
  writeFileSync(join(bin, 'qemu-img'), script, { mode: 0o755 })
  return bin
}

/** The folder of Mitogen's strategy plugins in a Python environment. */
function mitogenFolder(venv: string): string {
  return join(venv, 'lib/python3.11/site-packages/ansible_mitogen/plugins/strategy')
}
