import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { isOurs } from '../../../core/owner.ts'
import { homeFolder } from '../../../core/paths.ts'
import { isRunning, type ProcessIdentity } from '../../../core/process-identity.ts'
import { findJson } from '../../../core/write-file.ts'
import type { Tags } from '../../../model/tags.ts'
import { findQemu, stopQemu } from '../qemu/process.ts'

/** A machine of the local cloud, as written beside its disk before it is started. */
export interface LocalMachine {
  readonly id: string
  readonly tags: Tags
  readonly image: string
  readonly sshPort: number
  /** Sockets live in a folder of a short name: the system allows them 107 characters. */
  readonly runtimeFolder: string
  /** Absent until QEMU runs. */
  readonly process?: ProcessIdentity
}

/** Where the files of a machine are. */
export function machineFiles(machine: Pick<LocalMachine, 'id' | 'runtimeFolder'>) {
  const folder = join(machinesFolder(), machine.id)
  return {
    folder,
    disk: join(folder, 'disk.qcow2'),
    seed: join(folder, 'seed.iso'),
    memory: join(folder, 'memory.qcow2'),
    consoleLog: join(folder, 'console.log'),
    qemuLog: join(folder, 'qemu.log'),
    pidFile: join(folder, 'qemu.pid'),
    qmpSocket: join(machine.runtimeFolder, 'qmp'),
    filter: { fromGuest: join(machine.runtimeFolder, 'from-guest'), toNetwork: join(machine.runtimeFolder, 'to-network') },
  }
}

const runtimePrefix = 'bakehouse-'
const runtimeFolderPattern = new RegExp(`^${runtimePrefix}[A-Za-z0-9]{6}$`)

/** Makes the folder of a new machine, its tags in it from the first moment. */
export async function makeMachine(name: string, about: Pick<LocalMachine, 'tags' | 'image' | 'sshPort'>): Promise<LocalMachine> {
  const runtimeFolder = await mkdtemp(join(tmpdir(), runtimePrefix))
  const machine = { id: `${name}-${randomBytes(3).toString('hex')}`, runtimeFolder, ...about }
  await mkdir(machineFiles(machine).folder, { recursive: true })
  await writeMachine(machine)
  return machine
}

/** Writes what is known of a machine, aside and renamed. */
export async function writeMachine(machine: LocalMachine): Promise<void> {
  const file = join(machineFiles(machine).folder, 'instance.json')
  await writeFile(`${file}.partial`, `${JSON.stringify(machine, undefined, 2)}\n`, { mode: 0o600 })
  await rename(`${file}.partial`, file)
}

/**
 * A machine by its id; undefined when there is none. Its record says which folders are removed and which process is ended: one that another user
 * wrote, or that names another machine or a folder of a kind that we do not make, is none.
 */
export async function findLocalMachine(id: string): Promise<LocalMachine | undefined> {
  const file = join(machinesFolder(), id, 'instance.json')
  const machine = isOurs(file) ? findJson<LocalMachine>(file) : undefined
  return machine?.id === id && runtimeFolderPattern.test(basename(machine.runtimeFolder)) ? machine : undefined
}

/** All machines, running or not. */
export async function listMachines(): Promise<readonly LocalMachine[]> {
  const ids = await readdir(machinesFolder()).catch(() => [])
  return (await Promise.all(ids.map(findLocalMachine))).filter((machine) => machine !== undefined)
}

/** Whether the process of the machine runs. */
export function isMachineRunning(machine: LocalMachine): boolean {
  return findMachineProcess(machine) !== undefined
}

/** The process of the machine, while it runs. One whose starter died before it could write it down is found by its name. */
function findMachineProcess(machine: LocalMachine): ProcessIdentity | undefined {
  if (machine.process && isRunning(machine.process)) return machine.process
  return findQemu(machineFiles(machine).pidFile, machine.id)
}

/** Stops a machine and removes all its files. Gone already is success. */
export async function removeMachine(machine: LocalMachine): Promise<void> {
  const running = findMachineProcess(machine)
  if (running) await stopQemu(running, machineFiles(machine).qmpSocket)
  if (isOurs(machine.runtimeFolder)) await rm(machine.runtimeFolder, { recursive: true, force: true })
  await rm(machineFiles(machine).folder, { recursive: true, force: true })
}

function machinesFolder(): string {
  return join(homeFolder(), 'instances')
}
