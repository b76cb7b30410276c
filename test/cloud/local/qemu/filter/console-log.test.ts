import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startFilter } from '../../../../../src/cloud/local/qemu/filter/start.ts'
import { networkArguments } from '../../../../../src/cloud/local/qemu/network.ts'
import { findFreePort } from '../../../../../src/cloud/local/qemu/port.ts'
import { startQemu, stopQemu } from '../../../../../src/cloud/local/qemu/process.ts'

/** A disk whose boot sector writes `x` to the serial port without end: mov dx,0x3f8; mov al,'x'; out dx,al; jmp to the out. */
const bootSector = Buffer.alloc(1024 * 1024)
bootSector.set([0xba, 0xf8, 0x03, 0xb0, 0x78, 0xee, 0xeb, 0xfd])
bootSector.set([0x55, 0xaa], 510)

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'console-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

it('a guest that writes to its console without end does not fill the disk of this computer', async () => {
  const file = (name: string): string => join(folder, name)
  writeFileSync(file('disk'), bootSector)
  const filter = { fromGuest: file('from'), toNetwork: file('to') }
  const logs = { consoleLog: file('console.log'), qemuLog: file('qemu.log') }
  const args = [
    ...['-nodefaults', '-display', 'none', '-machine', 'q35', '-drive', `file=${file('disk')},format=raw,if=ide`, '-pidfile', file('pid')],
    ...['-chardev', `file,id=console,path=${logs.consoleLog},append=on`, '-serial', 'chardev:console'],
    ...['-qmp', `unix:${file('qmp')},server=on,wait=off`, '-device', 'e1000e,netdev=net,romfile='],
    ...networkArguments({ hostPort: await findFreePort(), guestPort: 22, filter }),
  ]
  const most = 65_536
  startFilter(filter, false, logs, most)
  const files = { logFile: logs.qemuLog, qmpSocket: file('qmp'), pidFile: file('pid') }
  const machine = await startQemu({ program: 'qemu-system-x86_64', args, lifetimeSeconds: 120, ...files })
  try {
    const isShortened = (): boolean => readFileSync(logs.consoleLog, 'latin1').startsWith('[the beginning')
    await expect.poll(isShortened, { timeout: 90_000, interval: 50 }).toBe(true)
  } finally {
    await stopQemu(machine, files.qmpSocket)
  }
  const text = readFileSync(logs.consoleLog, 'latin1')
  expect(text.slice(-1_000), 'the end is kept').toBe('x'.repeat(1_000))
}, 150_000)
