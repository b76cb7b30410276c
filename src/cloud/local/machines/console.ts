import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { printable } from '../../../core/printable.ts'
import { readTail } from '../../../core/read-tail.ts'
import { connectQmp } from '../qemu/qmp.ts'
import { isMachineRunning, type LocalMachine, machineFiles } from './machine.ts'

/** Bytes of a log that are saved, from its end: a machine may write to its console without end. */
const longestLog = 4 * 1024 * 1024

/** What can be seen of a machine from outside, as files in the folder: its console, QEMU's messages, its screen. */
export async function saveConsole(machine: LocalMachine, folder: string): Promise<void> {
  const files = machineFiles(machine)
  const to = (what: string): string => join(folder, `${machine.tags.stage}-${what}`)
  await mkdir(folder, { recursive: true })
  for (const [log, what] of [
    [files.consoleLog, 'console.log'],
    [files.qemuLog, 'qemu.log'],
  ] as const) {
    await readTail(log, longestLog)
      .then((bytes) => writeFile(to(what), bytes, { mode: 0o600 }))
      .catch(() => {})
  }
  if (!isMachineRunning(machine)) return
  using qmp = await connectQmp(files.qmpSocket)
  await qmp.execute('screendump', { filename: to('screen.png'), format: 'png' })
}

/** The last line on a machine's console that says something. */
export async function lastConsoleLine(machine: LocalMachine): Promise<string> {
  const text = await readTail(machineFiles(machine).consoleLog, 65_536).catch(() => Buffer.alloc(0))
  const lines = text
    .toString()
    .split(/[\r\n]+/)
    .map(printable)
  return lines.findLast((line) => line.trim() !== '')?.trim() ?? ''
}
