import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connectQmp, executeMonitor } from '../../../../src/cloud/local/qemu/qmp.ts'

let folder: string
let path: string
let server: Server
let answer: (command: string, id: number, socket: Socket) => void

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-qmp-'))
  path = join(folder, 'q')
  server = createServer((socket) => {
    socket.on('error', () => {})
    socket.write('{"QMP": {"version": {}}}\r\n')
    socket.on('data', (data: Buffer) => {
      for (const line of data.toString().trim().split('\n')) {
        const { execute, id } = JSON.parse(line) as { execute: string; id: number }
        if (execute === 'qmp_capabilities') socket.write(`{"return": {}, "id": ${id}}\r\n`)
        else answer(execute, id, socket)
      }
    })
  })
  await new Promise<void>((done) => server.listen(path, done))
})
afterEach(async () => {
  await new Promise((done) => server.close(done))
  rmSync(folder, { recursive: true })
})

describe('the control connection of a machine', () => {
  it('returns the right reply for each command, in any order and in any pieces', async () => {
    answer = (_command, id, socket) => {
      const text = `{"event": "STOP"}\r\n{"return": ${id * 10}, "id": ${id}}\r\n`
      socket.write(text.slice(0, 30))
      setTimeout(() => socket.write(text.slice(30)), 20)
    }
    using qmp = await connectQmp(path)
    expect(await qmp.execute('one')).toBe(20)
    expect(await qmp.execute('two')).toBe(30)
  })

  it('throws with the message of QEMU', async () => {
    answer = (_command, id, socket) => socket.write(`{"error": {"class": "GenericError", "desc": "no such device"}, "id": ${id}}\r\n`)
    using qmp = await connectQmp(path)
    await expect(qmp.execute('eject')).rejects.toThrow('no such device')
  })

  it('fails waiting commands immediately if the machine ends', async () => {
    answer = (_command, _id, socket) => socket.destroy()
    using qmp = await connectQmp(path)
    await expect(qmp.execute('quit')).rejects.toThrow()
  })

  it('fails after the time-out', async () => {
    answer = () => {}
    using qmp = await connectQmp(path)
    await expect(qmp.execute('hang', {}, 50)).rejects.toThrow('did not answer hang within 50 ms')
  })

  it('throws if QEMU does not listen', async () => {
    await expect(connectQmp(join(folder, 'nobody'))).rejects.toThrow()
  })

  it('throws if the output of the human monitor is an error', async () => {
    answer = (_command, id, socket) => socket.write(`{"return": "Error: Device 'pflash' is writable", "id": ${id}}\r\n`)
    using qmp = await connectQmp(path)
    await expect(executeMonitor(qmp, 'savevm x')).rejects.toThrow('savevm x: Error')
  })
})
