import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { machineFiles, makeMachine, removeMachine } from '../machines/machine.ts'
import type { InstanceInputs } from '../machines/spec.ts'
import { startMachine } from '../machines/start.ts'
import { findFreePort } from '../qemu/port.ts'
import { connectQmp } from '../qemu/qmp.ts'
import { ensureAsleep, keyOf } from './cache.ts'
import { fallAsleep, wake } from './sleep.ts'

/** How long a firmware may take until it wants its disk, in ms; emulated on a busy computer it needs some ten seconds. */
const firmwareDeadline = 120_000

/**
 * The memory of a machine of this shape whose firmware has started and is about to read its disk, of so many bytes, for the first time;
 * made first where there is none. It is the same for every image: from the boot loader on, each machine is its image's own.
 */
export async function ensureFirmware(spec: InstanceInputs, diskBytes: number, signal: AbortSignal): Promise<string> {
  const key = await keyOf({ ...spec, disk: diskBytes })
  const folder = await ensureAsleep('firmware', key, (partial) => makeFirmware(spec, diskBytes, partial, signal), signal)
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
    await fallAsleep(qmpSocket, join(folder, memoryFile))
  } finally {
    await removeMachine(made)
  }
}

/** How long a restored firmware may take until it reads its disk, in ms; it was about to. */
const wakeDeadline = 60_000

/** Lets a machine go on from a saved firmware. Throws when that does not read its disk: then it hangs, and nothing would ever boot. */
export async function wakeFirmware(qmpSocket: string, memory: string, own: string, signal: AbortSignal): Promise<void> {
  await wake(qmpSocket, memory, own)
  using qmp = await connectQmp(qmpSocket)
  for (const deadline = Date.now() + wakeDeadline; Date.now() < deadline; await sleep(20, undefined, { signal })) {
    const disks = (await qmp.execute('query-blockstats')) as { stats: { rd_operations: number } }[]
    if (disks.some(({ stats }) => stats.rd_operations > 0)) return
  }
  throw new Error(`the restored firmware did not read its disk within ${wakeDeadline / 1000} s`)
}

/** A read of the disk that cannot be served stops the machine; it is served once the machine goes on with another disk. */
async function waitForRead(qmpSocket: string, signal: AbortSignal): Promise<void> {
  using qmp = await connectQmp(qmpSocket)
  for (const deadline = Date.now() + firmwareDeadline; Date.now() < deadline; await sleep(20, undefined, { signal })) {
    const { status } = (await qmp.execute('query-status')) as { status: string }
    if (status === 'io-error') return
  }
  throw new Error(`the firmware did not read the disk within ${firmwareDeadline / 1000} s`)
}
