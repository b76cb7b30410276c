import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { isOurs } from '../../../core/owner.ts'
import { homeFolder } from '../../../core/paths.ts'
import { isRunning, type ProcessIdentity } from '../../../core/process-identity.ts'
import { findJson } from '../../../core/write-file.ts'
import type { Tags } from '../../../model/tags.ts'
import { findMachine, stopMachine } from '../qemu/process.ts'

/** A machine of the local cloud, as written beside its disk before it is started. */
export interface LocalInstance {
  readonly id: string
  readonly tags: Tags
  readonly image: string
  readonly sshPort: number
  /** Sockets live in a folder of a short name: the system allows them 107 characters. */
  readonly runtimeFolder: string
  /** Absent until QEMU runs. */
  readonly process?: ProcessIdentity
}

/** Where the files of an instance are. */
export function instanceFiles(instance: Pick<LocalInstance, 'id' | 'runtimeFolder'>) {
  const folder = join(instancesFolder(), instance.id)
  return {
    folder,
    disk: join(folder, 'disk.qcow2'),
    seed: join(folder, 'seed.iso'),
    memory: join(folder, 'memory.qcow2'),
    consoleLog: join(folder, 'console.log'),
    qemuLog: join(folder, 'qemu.log'),
    pidFile: join(folder, 'qemu.pid'),
    qmpSocket: join(instance.runtimeFolder, 'qmp'),
    filter: { fromGuest: join(instance.runtimeFolder, 'from-guest'), toNetwork: join(instance.runtimeFolder, 'to-network') },
  }
}

const runtimePrefix = 'bakehouse-'
const runtimeFolderPattern = new RegExp(`^${runtimePrefix}[A-Za-z0-9]{6}$`)

/** Makes the folder of a new instance, its tags in it from the first moment. */
export async function makeInstance(name: string, about: Pick<LocalInstance, 'tags' | 'image' | 'sshPort'>): Promise<LocalInstance> {
  const runtimeFolder = await mkdtemp(join(tmpdir(), runtimePrefix))
  const instance = { id: `${name}-${randomBytes(3).toString('hex')}`, runtimeFolder, ...about }
  await mkdir(instanceFiles(instance).folder, { recursive: true })
  await writeInstance(instance)
  return instance
}

/** Writes what is known of an instance, aside and renamed. */
export async function writeInstance(instance: LocalInstance): Promise<void> {
  const file = join(instanceFiles(instance).folder, 'instance.json')
  await writeFile(`${file}.partial`, `${JSON.stringify(instance, undefined, 2)}\n`, { mode: 0o600 })
  await rename(`${file}.partial`, file)
}

/**
 * An instance by its id; undefined when there is none. Its record says which folders are removed and which process is ended: one that another user
 * wrote, or that names another instance or a folder of a kind that we do not make, is none.
 */
export async function findInstance(id: string): Promise<LocalInstance | undefined> {
  const file = join(instancesFolder(), id, 'instance.json')
  const instance = isOurs(file) ? findJson<LocalInstance>(file) : undefined
  return instance?.id === id && runtimeFolderPattern.test(basename(instance.runtimeFolder)) ? instance : undefined
}

/** All instances, running or not. */
export async function listInstances(): Promise<readonly LocalInstance[]> {
  const ids = await readdir(instancesFolder()).catch(() => [])
  return (await Promise.all(ids.map(findInstance))).filter((instance) => instance !== undefined)
}

/** Whether the instance's own process runs. */
export function isInstanceRunning(instance: LocalInstance): boolean {
  return findInstanceProcess(instance) !== undefined
}

/** The instance's own process, while it runs. One whose starter died before it could write it down is found by its name. */
function findInstanceProcess(instance: LocalInstance): ProcessIdentity | undefined {
  if (instance.process && isRunning(instance.process)) return instance.process
  return findMachine(instanceFiles(instance).pidFile, instance.id)
}

/** Stops an instance and removes all its files. Gone already is success. */
export async function removeInstance(instance: LocalInstance): Promise<void> {
  const running = findInstanceProcess(instance)
  if (running) await stopMachine(running, instanceFiles(instance).qmpSocket)
  if (isOurs(instance.runtimeFolder)) await rm(instance.runtimeFolder, { recursive: true, force: true })
  await rm(instanceFiles(instance).folder, { recursive: true, force: true })
}

function instancesFolder(): string {
  return join(homeFolder(), 'instances')
}
