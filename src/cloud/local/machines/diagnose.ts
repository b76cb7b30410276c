import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { connectQmp } from '../qemu/qmp.ts'
import { instanceFiles, isInstanceRunning, type LocalInstance } from './machine.ts'

/** What can be seen of a machine from outside, as files in the folder: its console, QEMU's messages, its screen. */
export async function diagnoseInstance(instance: LocalInstance, folder: string): Promise<void> {
  const files = instanceFiles(instance)
  const to = (what: string): string => join(folder, `${instance.tags.stage}-${what}`)
  await mkdir(folder, { recursive: true })
  await copyFile(files.consoleLog, to('console.log')).catch(() => {})
  await copyFile(files.qemuLog, to('qemu.log')).catch(() => {})
  if (!isInstanceRunning(instance)) return
  using qmp = await connectQmp(files.qmpSocket)
  await qmp.execute('screendump', { filename: to('screen.png'), format: 'png' })
}

/** The last line on a machine's console that says something. */
export async function lastConsoleLine(instance: LocalInstance): Promise<string> {
  const text = await readFile(instanceFiles(instance).consoleLog, 'latin1').catch(() => '')
  const lines = stripVTControlCharacters(text).split(/[\r\n]+/)
  return lines.findLast((line) => line.trim() !== '')?.trim() ?? ''
}
