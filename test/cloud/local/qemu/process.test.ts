import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findQemu, startQemu, stopQemu } from '../../../../src/cloud/local/qemu/process.ts'
import { findProcess, isRunning } from '../../../../src/core/process-identity.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-machine-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** An empty machine: it only waits. */
const spec = (lifetimeSeconds: number) => {
  const [logFile, qmpSocket, pidFile] = [join(folder, 'log'), join(folder, 'qmp'), join(folder, 'pid')]
  const args = ['-name', 'vm-test', '-machine', 'none', '-nodefaults', '-display', 'none', '-pidfile', pidFile]
  return {
    program: 'qemu-system-x86_64',
    args: [...args, '-qmp', `unix:${qmpSocket},server=on,wait=off`],
    logFile,
    qmpSocket,
    pidFile,
    lifetimeSeconds,
  }
}

describe('a machine process', () => {
  it('runs in a session of its own, and ends when told to', async () => {
    const identity = await startQemu(spec(60))
    expect(isRunning(identity)).toBe(true)
    expect(findQemu(join(folder, 'pid'), 'vm-test')).toEqual(identity)
    await stopQemu(identity, join(folder, 'qmp'))
    expect(isRunning(identity)).toBe(false)
    await stopQemu(identity, join(folder, 'qmp'))
  })

  it('ends by itself when its time is over, with nobody left to end it', async () => {
    const identity = await startQemu(spec(1))
    await expect.poll(() => isRunning(identity)).toBe(false)
  })

  it('tells what QEMU said when it does not start', async () => {
    const broken = { ...spec(60), args: ['-machine', 'nonesuch'] }
    await expect(startQemu(broken)).rejects.toThrow('unsupported machine type')
  })

  it('is not taken for another process that has its pid now', async () => {
    const stranger = spawn('sleep', ['60'])
    try {
      const identity = findProcess(stranger.pid ?? 0)!
      writeFileSync(join(folder, 'pid'), String(stranger.pid))
      expect(findQemu(join(folder, 'pid'), 'vm-test')).toBeUndefined()
      await stopQemu({ pid: identity.pid, started: '1' }, join(folder, 'qmp'))
      expect(isRunning(identity)).toBe(true)
    } finally {
      stranger.kill()
    }
  })

  it('leaves no pid file behind it, which would name a stranger later', async () => {
    const identity = await startQemu(spec(60))
    await stopQemu(identity, join(folder, 'qmp'))
    expect(existsSync(join(folder, 'pid'))).toBe(false)
  })
})
