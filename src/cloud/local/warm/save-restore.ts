import { copyFile, rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { runImg } from '../qemu/img.ts'
import { connectQmp, type Qmp } from '../qemu/qmp.ts'

/** The name of the snapshot in a memory file, and of its block device in QEMU. */
const memoryName = 'memory'

/** The size of the empty disk in a memory file. QEMU stores the snapshot of the machine in the same qcow2 file. */
const emptyDisk = '1M'

/** Maximum time for saving or loading, in ms. Usually it takes seconds. */
const jobDeadline = 120_000

/** Stops a machine, saves memory and devices to a new file, and ends it. Disk and memory then fit together. */
export async function saveMemory(qmpSocket: string, memory: string): Promise<void> {
  await runImg(['create', '-q', '-f', 'qcow2', memory, emptyDisk])
  using qmp = await connectQmp(qmpSocket)
  await qmp.execute('stop')
  await addMemory(qmp, memory)
  await runJob(qmp, 'snapshot-save')
  await qmp.execute('quit').catch(() => {})
}

/**
 * Loads a memory file into a machine of the same size that was started with stopped CPUs, and lets it continue. Loading changes the file,
 * so it is copied to `own`, which is deleted afterwards.
 */
export async function restoreMemory(qmpSocket: string, memory: string, own: string): Promise<void> {
  try {
    await copyFile(memory, own)
    using qmp = await connectQmp(qmpSocket)
    await addMemory(qmp, own)
    await runJob(qmp, 'snapshot-load')
    await qmp.execute('blockdev-del', { 'node-name': memoryName })
    await qmp.execute('cont')
  } finally {
    await rm(own, { force: true })
  }
}

async function addMemory(qmp: Qmp, file: string): Promise<void> {
  await qmp.execute('blockdev-add', { driver: 'qcow2', 'node-name': memoryName, file: { driver: 'file', filename: file } })
}

/** Saves or loads memory and devices, without the disk, and waits for the end. Throws with the message of QEMU. */
async function runJob(qmp: Qmp, command: 'snapshot-save' | 'snapshot-load'): Promise<void> {
  await qmp.execute(command, { 'job-id': command, tag: memoryName, vmstate: memoryName, devices: [memoryName] })
  for (const deadline = Date.now() + jobDeadline; ; await sleep(5)) {
    const jobs = (await qmp.execute('query-jobs', {}, jobDeadline)) as { id: string; status: string; error?: string }[]
    const job = jobs.find(({ id }) => id === command)
    if (job?.error) throw new Error(`${command}: ${job.error}`)
    if (job?.status === 'concluded') break
    if (Date.now() > deadline) throw new Error(`${command} did not end within ${jobDeadline / 1000} s`)
  }
  await qmp.execute('job-dismiss', { id: command })
}
