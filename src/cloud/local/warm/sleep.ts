import { copyFile, rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { runImg } from '../qemu/img.ts'
import { connectQmp, type Qmp } from '../qemu/qmp.ts'

/** Name of the snapshot in a memory file, and of the block node that holds it while QEMU uses it. */
const memoryName = 'memory'

/** Room for the disk that a memory file is to QEMU; what is saved comes on top of it. */
const emptyDisk = '1M'

/** How long saving or loading may take, in ms: seconds, but for a very busy computer. */
const jobDeadline = 120_000

/** Stops a machine, saves its memory and devices into a new file, and ends it. Its disk is then as the memory knows it. */
export async function fallAsleep(qmpSocket: string, memory: string): Promise<void> {
  await runImg(['create', '-q', '-f', 'qcow2', memory, emptyDisk])
  using qmp = await connectQmp(qmpSocket)
  await qmp.execute('stop')
  await addMemory(qmp, memory)
  await runJob(qmp, 'snapshot-save')
  await qmp.execute('quit').catch(() => {})
}

/**
 * Lets a machine of the same shape, started with its processors stopped, go on where a memory file was saved. `own` is where its
 * copy of that file is meanwhile: loading marks it, and it is gone afterwards.
 */
export async function wake(qmpSocket: string, memory: string, own: string): Promise<void> {
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

/** Saves or loads the machine without its disk, and waits for the end of that. Throws with QEMU's own words. */
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
