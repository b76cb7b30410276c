import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { printable } from '../../../core/printable.ts'
import { readTail } from '../../../core/read-tail.ts'
import { connectQmp } from '../qemu/qmp.ts'
import { isMachineRunning, type LocalMachine, machineFiles } from './machine.ts'

/** Maximum number of bytes of a log that are saved, from its end, because a console log can grow without limit. */
const longestLog = 4 * 1024 * 1024

/** Writes console log, messages of QEMU and a screenshot of a machine to the folder. */
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

/** The end of the text on the console of a machine; empty if there is none. */
export async function readConsole(machine: LocalMachine): Promise<string> {
  const bytes = await readTail(machineFiles(machine).consoleLog, 65_536).catch(() => Buffer.alloc(0))
  return bytes.toString()
}

/** The last line on the console of a machine that is not empty. */
export async function lastConsoleLine(machine: LocalMachine): Promise<string> {
  const lines = (await readConsole(machine)).split(/[\r\n]+/).map(printable)
  return lines.findLast((line) => line.trim() !== '')?.trim() ?? ''
}
