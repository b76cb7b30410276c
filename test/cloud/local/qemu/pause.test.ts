import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { machineFiles, makeMachine } from '../../../../src/cloud/local/machines/machine.ts'
import { unlessPaused } from '../../../../src/cloud/local/machines/unless-paused.ts'
import { explainPause } from '../../../../src/cloud/local/qemu/pause.ts'
import type { StepContext } from '../../../../src/guest/context.ts'
import { watchMachines } from '../../../../src/steps/watch-machines.ts'

describe('a state of QEMU', () => {
  it.each([
    ['io-error', true, /no space left for its disk in \/d/, /free space/],
    ['io-error', false, /could not be read or written/, /dmesg/],
    ['internal-error', false, /accelerator cannot run this guest/, /BAKEHOUSE_ACCELERATOR=tcg/],
  ])('%s (disk full: %s) is an error with a hint', (status, isFull, message, hint) => {
    const error = explainPause(status, { folder: '/d', isFull })
    expect(error?.message).toMatch(message)
    expect(error?.hint).toMatch(hint)
    expect(error?.exitCode).toBe(3)
  })

  it.each(['running', 'prelaunch', 'paused', 'restore-vm', 'save-vm', 'shutdown'])('%s does not end a wait', (status) => {
    expect(explainPause(status, { folder: '/d', isFull: false })).toBeUndefined()
  })
})

describe('a machine without space for its disk', () => {
  let home: string
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'bakehouse-pause-'))
    vi.stubEnv('BAKEHOUSE_HOME', home)
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    rmSync(home, { recursive: true })
  })

  it('is reported with the cause while a build waits for it, and during a step', async () => {
    const tags = { tool: 'bakehouse', family: 'f', version: '1', build: 'b', stage: 'base', expires: '' } as const
    const machine = await makeMachine('f-1', { tags, image: 'i', sshPort: 1 })
    const disk =
      'if=none,id=disk,format=raw,rerror=stop,file.driver=blkdebug,file.inject-error.0.event=read_aio,file.inject-error.0.errno=28'
    const devices = ['-drive', `${disk},file.image.driver=null-co,file.image.size=1048576`, '-device', 'virtio-blk-pci,drive=disk']
    const board = ['-machine', 'pc', '-accel', 'tcg', '-nodefaults', '-display', 'none', '-m', '32']
    const qmp = ['-qmp', `unix:${machineFiles(machine).qmpSocket},server=on,wait=off`]
    const qemu = spawn('qemu-system-x86_64', [...board, ...devices, ...qmp], { stdio: 'ignore' })
    const stopped = new AbortController()
    try {
      const waiting = unlessPaused(machine, AbortSignal.timeout(100_000), () => new Promise<never>(() => {}))
      await expect(waiting).rejects.toThrow(/^QEMU paused the machine \(io-error\): there is no space left for its disk in /)
      const step = { request: { cloud: 'local' }, hosts: [{ instanceId: machine.id }], signal: stopped.signal } as unknown as StepContext
      const keepAlive = setTimeout(() => {}, 100_000)
      await watchMachines(step, (why) => stopped.abort(why))
      clearTimeout(keepAlive)
      expect(String(stopped.signal.reason)).toContain('there is no space left for its disk')
    } finally {
      qemu.kill('SIGKILL')
      rmSync(machine.runtimeFolder, { recursive: true })
    }
  }, 120_000)
})
