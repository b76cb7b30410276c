import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { machineFiles, makeMachine, removeMachine } from '../machines/machine.ts'
import type { InstanceInputs } from '../machines/spec.ts'
import { startMachine } from '../machines/start.ts'
import { findFreePort } from '../qemu/port.ts'
import { connectQmp } from '../qemu/qmp.ts'
import { ensureSnapshotFolder, keyOf } from './cache.ts'
import { restoreMemory, saveMemory } from './save-restore.ts'

/** Maximum time until the firmware reads the disk, in ms. With emulation on a busy computer it takes about ten seconds. */
const firmwareDeadline = 120_000

/**
 * The memory file of a machine of this size whose firmware is about to read its disk of `diskBytes` bytes for the first time. Makes it if
 * there is none. It is the same for all images: nothing of the disk has been read.
 */
export async function ensureFirmware(spec: InstanceInputs, diskBytes: number, signal: AbortSignal): Promise<string> {
  const key = await keyOf({ ...spec, disk: diskBytes })
  const folder = await ensureSnapshotFolder('firmware', key, (partial) => makeFirmware(spec, diskBytes, partial, signal), signal)
  return join(folder, memoryFile)
}

const memoryFile = 'memory.qcow2'

async function makeFirmware(spec: InstanceInputs, diskBytes: number, folder: string, signal: AbortSignal): Promise<void> {
  const made = await makeMachine(`${spec.name}-firmware`, { tags: spec.tags, image: spec.image, sshPort: await findFreePort() })
  try {
    const { cpus, memory, tags } = spec
    await startMachine(made, { cpus, memory, tags, credentials: {}, unreadableDisk: diskBytes, isSaved: true, signal })
    const { qmpSocket } = machineFiles(made)
    await waitForRead(qmpSocket, signal)
    await saveMemory(qmpSocket, join(folder, memoryFile))
  } finally {
    await removeMachine(made)
  }
}

/** Maximum time until a restored firmware reads its disk, in ms. */
const restoreDeadline = 60_000

/** Restores a firmware snapshot in a machine. Throws if the firmware does not read the disk in time, because then it hangs. */
export async function restoreFirmware(qmpSocket: string, memory: string, own: string, signal: AbortSignal): Promise<void> {
  await restoreMemory(qmpSocket, memory, own)
  using qmp = await connectQmp(qmpSocket)
  for (const deadline = Date.now() + restoreDeadline; Date.now() < deadline; await sleep(20, undefined, { signal })) {
    const disks = (await qmp.execute('query-blockstats')) as { stats: { rd_operations: number } }[]
    if (disks.some(({ stats }) => stats.rd_operations > 0)) return
  }
  throw new Error(`the restored firmware did not read its disk within ${restoreDeadline / 1000} s`)
}

/** Waits until the first read of the disk, which stops the machine. The read is repeated when the machine continues with another disk. */
async function waitForRead(qmpSocket: string, signal: AbortSignal): Promise<void> {
  using qmp = await connectQmp(qmpSocket)
  for (const deadline = Date.now() + firmwareDeadline; Date.now() < deadline; await sleep(20, undefined, { signal })) {
    const { status } = (await qmp.execute('query-status')) as { status: string }
    if (status === 'io-error') return
  }
  throw new Error(`the firmware did not read the disk within ${firmwareDeadline / 1000} s`)
}
