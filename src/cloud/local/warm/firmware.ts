import { createHash } from 'node:crypto'
import { copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runTool } from '../../../core/exec.ts'
import { instanceFiles, makeInstance, removeInstance } from '../instances/instance.ts'
import { startInstance } from '../instances/start.ts'
import type { InstanceInputs } from '../provider/properties.ts'
import { findAccelerator } from '../qemu/accelerator.ts'
import { qemuArguments } from '../qemu/arguments.ts'
import { findFreePort } from '../qemu/port.ts'
import { connectQmp, type Qmp } from '../qemu/qmp.ts'
import { qemuTools } from '../tools.ts'
import { ensureAsleep, stampOf } from './cache.ts'

/** Name of the snapshot, and of the block node that holds it. */
const snapshotName = 'firmware'

/** How long a firmware may take until it wants its disk, in ms; emulated on a busy computer it needs some ten seconds. */
const firmwareDeadline = 120_000

/**
 * The memory of a machine of this shape whose firmware has started and is about to read its disk, of so many bytes, for the first time;
 * made first where there is none. It is the same for every image: from the boot loader on, each machine is its image's own.
 */
export async function ensureFirmware(spec: InstanceInputs, diskBytes: number, signal: AbortSignal): Promise<string> {
  const { cpus, memory } = spec
  const { system, ovmf } = qemuTools()
  const args = qemuArguments({
    ...{ name: '', accelerator: await findAccelerator(), cpus, memory, firmware: ovmf, disk: diskBytes, sshPort: 0, credentials: {} },
    ...{ qmpSocket: '', consoleLog: '', pidFile: '' },
  })
  const key = createHash('sha256')
    .update(JSON.stringify([args, [system, ovmf].map(stampOf)]))
    .digest('hex')
    .slice(0, 24)
  return join(await ensureAsleep('firmware', key, (folder) => makeFirmware(spec, diskBytes, folder, signal), signal), memoryFile)
}

const memoryFile = 'memory.qcow2'

async function makeFirmware(spec: InstanceInputs, diskBytes: number, folder: string, signal: AbortSignal): Promise<void> {
  const made = await makeInstance(`${spec.name}-firmware`, { tags: spec.tags, image: spec.image, sshPort: await findFreePort() })
  try {
    const { cpus, memory, tags } = spec
    const file = join(folder, memoryFile)
    await runTool(qemuTools().img, ['create', '-q', '-f', 'qcow2', file, '64M'])
    await startInstance(made, { cpus, memory, tags, credentials: {}, unreadableDisk: diskBytes })
    using qmp = await connectQmp(instanceFiles(made).qmpSocket)
    await waitForRead(qmp, signal)
    await addNode(qmp, file)
    await runJob(qmp, 'snapshot-save')
    await qmp.execute('quit').catch(() => {})
  } finally {
    await removeInstance(made)
  }
}

/** Wakes the firmware in a machine that was started with its processors stopped, and lets it go on. */
export async function wakeFirmware(qmpSocket: string, firmware: string, own: string): Promise<void> {
  // Loading marks the file: each machine has one of its own, for as long as that takes.
  await copyFile(firmware, own)
  try {
    using qmp = await connectQmp(qmpSocket)
    await addNode(qmp, own)
    await runJob(qmp, 'snapshot-load')
    await qmp.execute('blockdev-del', { 'node-name': snapshotName })
    await qmp.execute('cont')
  } finally {
    await rm(own, { force: true })
  }
}

/** A read of the disk that cannot be served stops the machine; it is served once the machine goes on with another disk. */
async function waitForRead(qmp: Qmp, signal: AbortSignal): Promise<void> {
  for (const deadline = Date.now() + firmwareDeadline; Date.now() < deadline; await sleep(20, undefined, { signal })) {
    const { status } = (await qmp.execute('query-status')) as { status: string }
    if (status === 'io-error') return
  }
  throw new Error(`the firmware did not read the disk within ${firmwareDeadline / 1000} s`)
}

async function addNode(qmp: Qmp, file: string): Promise<void> {
  await qmp.execute('blockdev-add', { driver: 'qcow2', 'node-name': snapshotName, file: { driver: 'file', filename: file } })
}

/** Saves or loads the machine without its disk, and waits for the end of that. Throws with QEMU's own words. */
async function runJob(qmp: Qmp, command: 'snapshot-save' | 'snapshot-load'): Promise<void> {
  await qmp.execute(command, { 'job-id': command, tag: snapshotName, vmstate: snapshotName, devices: [snapshotName] })
  for (;;) {
    const jobs = (await qmp.execute('query-jobs')) as { id: string; status: string; error?: string }[]
    const job = jobs.find(({ id }) => id === command)
    if (job?.error) throw new Error(`${command}: ${job.error}`)
    if (job?.status === 'concluded') break
    await sleep(5)
  }
  await qmp.execute('job-dismiss', { id: command })
}
