import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findQemu, startQemu, stopQemu } from '../../../../src/cloud/local/qemu/process.ts'
import { findProcess, isRunning, type ProcessIdentity } from '../../../../src/core/process-identity.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-machine-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A machine without a disk. It does nothing. */
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

/** Starts it with the shortest lifetime in which it can start. On a busy computer that is not a second. */
async function startBriefly(): Promise<ProcessIdentity> {
  for (const seconds of [1, 4, 16]) {
    const started = await startQemu(spec(seconds)).catch(() => undefined)
    if (started) return started
  }
  return startQemu(spec(60))
}

describe('a machine process', () => {
  it('runs in its own session, and ends on request', async () => {
    const identity = await startQemu(spec(60))
    expect(isRunning(identity)).toBe(true)
    expect(findQemu(join(folder, 'pid'), 'vm-test')).toEqual(identity)
    await stopQemu(identity, join(folder, 'qmp'))
    expect(isRunning(identity)).toBe(false)
    await stopQemu(identity, join(folder, 'qmp'))
  })

  it('ends by itself after its lifetime', async () => {
    const identity = await startBriefly()
    await expect.poll(() => isRunning(identity)).toBe(false)
  })

  it('is reported with the message of QEMU if it does not start', async () => {
    const broken = { ...spec(60), args: ['-machine', 'nonesuch'] }
    await expect(startQemu(broken)).rejects.toThrow('unsupported machine type')
  })

  it('is not confused with another process that got its PID', async () => {
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

  it('removes its PID file when it ends', async () => {
    const identity = await startQemu(spec(60))
    await stopQemu(identity, join(folder, 'qmp'))
    expect(existsSync(join(folder, 'pid'))).toBe(false)
  })
})
