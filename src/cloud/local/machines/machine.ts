import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { isTrusted } from '../../../core/owner.ts'
import { homeFolder } from '../../../core/paths.ts'
import { isRunning, type ProcessIdentity } from '../../../core/process-identity.ts'
import { findJson } from '../../../core/write-file.ts'
import type { Tags } from '../../../model/tags.ts'
import { findQemu, stopQemu } from '../qemu/process.ts'

/** The record of a local machine. It is written to the folder of its disk before the machine is started. */
export interface LocalMachine {
  readonly id: string
  readonly tags: Tags
  readonly image: string
  readonly sshPort: number
  /** The folder of its sockets. Its path is short, because the path of a socket can have at most 107 characters. */
  readonly runtimeFolder: string
  /** The process of QEMU; absent until it runs. */
  readonly process?: ProcessIdentity
}

/** The paths of the files of a machine. */
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

/** Creates the folder of a new machine, together with the record of its tags. */
export async function makeMachine(name: string, about: Pick<LocalMachine, 'tags' | 'image' | 'sshPort'>): Promise<LocalMachine> {
  const runtimeFolder = await mkdtemp(join(tmpdir(), runtimePrefix))
  const machine = { id: `${name}-${randomBytes(3).toString('hex')}`, runtimeFolder, ...about }
  await mkdir(machineFiles(machine).folder, { recursive: true })
  await writeMachine(machine)
  return machine
}

/** Writes the record of a machine atomically. */
export async function writeMachine(machine: LocalMachine): Promise<void> {
  const file = join(machineFiles(machine).folder, 'instance.json')
  await writeFile(`${file}.partial`, `${JSON.stringify(machine, undefined, 2)}\n`, { mode: 0o600 })
  await rename(`${file}.partial`, file)
}

/**
 * Finds a machine by its ID; undefined if there is none. Its record decides which folders are deleted and which process is ended. So a
 * record is ignored if another user wrote it, or if it names another machine or a folder that this program would not create.
 */
export async function findLocalMachine(id: string): Promise<LocalMachine | undefined> {
  const file = join(machinesFolder(), id, 'instance.json')
  const machine = isTrusted(file) ? findJson<LocalMachine>(file) : undefined
  return machine?.id === id && runtimeFolderPattern.test(basename(machine.runtimeFolder)) ? machine : undefined
}

/** All machines, running or not. */
export async function listMachines(): Promise<readonly LocalMachine[]> {
  const ids = await readdir(machinesFolder()).catch(() => [])
  return (await Promise.all(ids.map(findLocalMachine))).filter((machine) => machine !== undefined)
}

/** Whether the process of a machine runs. */
export function isMachineRunning(machine: LocalMachine): boolean {
  return findMachineProcess(machine) !== undefined
}

/** The running process of a machine. If the record has none, because its writer was killed, the process is found by the machine's name. */
function findMachineProcess(machine: LocalMachine): ProcessIdentity | undefined {
  if (machine.process && isRunning(machine.process)) return machine.process
  return findQemu(machineFiles(machine).pidFile, machine.id)
}

/** Stops a machine and removes all its files. Succeeds if the machine does not exist. */
export async function removeMachine(machine: LocalMachine): Promise<void> {
  const running = findMachineProcess(machine)
  if (running) await stopQemu(running, machineFiles(machine).qmpSocket)
  if (isTrusted(machine.runtimeFolder)) await rm(machine.runtimeFolder, { recursive: true, force: true })
  await rm(machineFiles(machine).folder, { recursive: true, force: true })
}

function machinesFolder(): string {
  return join(homeFolder(), 'instances')
}
