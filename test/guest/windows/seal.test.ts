import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { sourceFolder } from '../../../src/core/paths.ts'
import { connect } from '../../../src/guest/ssh/ssh.ts'
import { parseAnswer } from '../../../src/guest/windows/answer.ts'
import { judgeReadiness, type Readiness } from '../../../src/guest/windows/readiness.ts'
import { type SealState, sealWindows } from '../../../src/guest/windows/seal.ts'
import { findSysprepError } from '../../../src/guest/windows/sysprep-log.ts'
import { seal } from '../../../src/steps/seal.ts'
import { type FakeWindows, makeWindows } from '../../helpers/windows.ts'

const ready: Readiness = { imageState: 'IMAGE_STATE_COMPLETE', pending: [], busy: [] }
const going: SealState = {
  why: '',
  imageState: 'IMAGE_STATE_COMPLETE',
  running: true,
  errors: '',
  actions: '2026-11-23 10:00:00, Info SYSPRP start',
}
const panther = [
  '2026-11-23 09:00:00, Error                 SYSPRP MRTGeneralize:7 - ERROR: Failed to load Windows Defender',
  '2026-11-23 10:00:01, Error                 SYSPRP Package Contoso.App_1.0_x64 was installed for a user, but not provisioned for all users.',
  '2026-11-23 10:00:01, Error                 SYSPRP Failed to remove apps for the current user: 0x80073cf2.',
  '2026-11-23 10:00:02, Error      [0x0f0082] SYSPRP ActionPlatform::LaunchModule: Failure occurred while executing',
  '2026-11-23 10:00:03, Error      [0x0f0070] SYSPRP RunExternalDlls:An error occurred, halting sysprep execution.',
].join('\r\n')
const pauses = { busy: 1, state: 1, inside: 0 }
/** Limits of a step, each only tried if the computer was too slow for the one before. */
const limits = ['2s', '10s', '60s']

const json = (value: object) => ({ rc: 0, stdout: `${JSON.stringify(value)}\r\n`, stderr: '' })
const run = ({ context, host, build }: FakeWindows, isStopped = false) =>
  sealWindows({ context, connection: connect(host, build) }, async () => isStopped, pauses)

describe('whether a machine can be generalised', () => {
  it.each([
    [ready, { ready: true }],
    [
      { ...ready, pending: ['Windows Update'] },
      { ready: false, fatal: true, why: expect.stringContaining('a reboot is pending (Windows Update)') },
    ],
    [
      { ...ready, busy: ['TiWorker'] },
      { ready: false, fatal: false, why: expect.stringContaining('TiWorker did not end in time') },
    ],
    [
      { ...ready, imageState: 'IMAGE_STATE_UNDEPLOYABLE' },
      { ready: false, fatal: true, why: expect.stringContaining('IMAGE_STATE_UNDEPLOYABLE') },
    ],
    [
      { ...ready, imageState: '' },
      { ready: false, fatal: true, why: expect.stringContaining('unknown') },
    ],
    [
      { ...ready, packages: ['Contoso.App_1.0_x64'] },
      { ready: false, fatal: true, why: expect.stringContaining('one user only (Contoso.App_1.0_x64)') },
    ],
    [
      { ...ready, encrypted: ['C:'] },
      { ready: false, fatal: true, why: expect.stringContaining('encrypted drives (C:)') },
    ],
    [
      { ...ready, rearms: 0 },
      { ready: false, fatal: true, why: expect.stringContaining('licence cannot be reset') },
    ],
    [{ ...ready, packages: [], encrypted: [], rearms: 3 }, { ready: true }],
  ])('%j', (given, verdict) => {
    expect(judgeReadiness(given)).toMatchObject(verdict)
  })
})

describe('the answer of the machine', () => {
  it('is the last line of its output', () => {
    expect(parseAnswer('WARNING: x\n{"why":"a"}\n')).toEqual({ why: 'a' })
  })

  it.each(['', 'nothing', '{"why":'])('is refused if it is not JSON: %j', (text) => {
    expect(() => parseAnswer(text)).toThrow(/expected JSON/)
  })

  it('contains the error for which Sysprep stopped, not the harmless ones before it', () => {
    expect(findSysprepError(panther)).toBe(
      'SYSPRP Package Contoso.App_1.0_x64 was installed for a user, but not provisioned for all users.',
    )
    expect(findSysprepError('2026-11-23 10:00:00, Info SYSPRP ok')).toBeUndefined()
    expect(findSysprepError('2026-11-23 10:00:00, Error [0x1] SYSPRP Failure occurred while executing X')).toContain('executing X')
  })
})

describe('sealing a Windows machine', () => {
  it('checks it, starts the script that continues without the connection, and waits until it has stopped', async () => {
    using windows = makeWindows('seal')
    windows.answer('check/outcome.json', json(ready))
    await seal(windows.context)
    expect(windows.calls().map(({ kind }) => kind)).toEqual(['check', 'start'])
    const [, start] = windows.calls()
    expect(start?.variables.bakehouse_seconds).toBeGreaterThan(60)
  })

  it('gives Windows more time to start that script than Ansible does by default', () => {
    const [play] = parse(readFileSync(join(sourceFolder(), 'guest/powershell/plays/start.yml'), 'utf8'))
    expect(play.vars.ansible_win_async_startup_timeout).toBe(60)
    expect(play.tasks.at(-1)).toMatchObject({ become_user: 'SYSTEM', poll: 0 })
  })

  it('runs the seal script of the family first', async () => {
    using windows = makeWindows('seal', { family: { seal: { script: 'seal.ps1', timeout: '5m' } } })
    writeFileSync(join(windows.family, 'seal.ps1'), 'Remove-Item C:\\secrets')
    windows.answer('check/outcome.json', json(ready))
    await run(windows, true)
    expect(windows.calls().map(({ kind }) => kind)).toEqual(['script', 'check', 'start'])
  })

  it('stops if the seal script of the family fails', async () => {
    using windows = makeWindows('seal', { family: { seal: { script: 'seal.ps1' } } })
    writeFileSync(join(windows.family, 'seal.ps1'), 'throw')
    windows.answer('script/outcome.json', { rc: 1, stdout: '', stderr: 'Access is denied\nat line 1' })
    await expect(run(windows)).rejects.toThrow('seal.ps1 ended with exit code 1: Access is denied')
    expect(windows.calls()).toHaveLength(1)
  })

  it('does not start while a reboot is pending', async () => {
    using windows = makeWindows('seal')
    windows.answer('check/outcome.json', json({ ...ready, pending: ['Component Based Servicing'] }))
    await expect(run(windows)).rejects.toThrow('a reboot is pending (Component Based Servicing)')
    expect(windows.calls().map(({ kind }) => kind)).toEqual(['check'])
  })

  it('fails if the machine stays busy', async () => {
    const calls: number[] = []
    for (const timeout of limits) {
      using windows = makeWindows('seal', { family: { seal: { timeout } } })
      windows.answer('check/outcome.json', json({ ...ready, busy: ['TiWorker'] }))
      await expect(run(windows)).rejects.toThrow('TiWorker did not end in time')
      calls.push(windows.calls().length)
      if (calls.some((count) => count > 1)) return
    }
    expect.fail(`the machine was asked only once: ${calls}`)
  })

  it('reports the error of Sysprep, and saves its log', async () => {
    using windows = makeWindows('seal')
    windows.answer('check/outcome.json', json(ready))
    windows.answer('watch/outcome.json', json({ ...going, why: 'Sysprep ended with exit code 31', errors: panther }))
    await expect(run(windows)).rejects.toMatchObject({
      exitCode: 10,
      message:
        'generalising failed: Sysprep ended with exit code 31: SYSPRP Package Contoso.App_1.0_x64 was installed for a user, but not provisioned for all users.',
      hint: "Sysprep's log: diagnostics/setupact.log",
    })
    expect(readFileSync(join(windows.build, 'diagnostics/setuperr.log'), 'utf8')).toBe(panther)
    expect(existsSync(join(windows.build, 'diagnostics/setupact.log'))).toBe(true)
  })

  it('reports the last state of a machine that does not stop in time', async () => {
    const said: string[] = []
    for (const timeout of limits) {
      using windows = makeWindows('seal', { family: { seal: { timeout } } })
      windows.answer('check/outcome.json', json(ready))
      windows.answer('watch/outcome.json', json(going))
      const error = await run(windows).then(String, String)
      expect(error).toContain(`the machine did not stop within ${timeout}`)
      said.push(error)
      if (error.includes('; ImageState is IMAGE_STATE_COMPLETE')) return
    }
    expect.fail(`no message has the ImageState: ${said.join('\n')}`)
  })

  it.each([
    ['bakehouse: sealing began\n', 'generalising failed: the machine stopped before it was generalised'],
    ['bakehouse: sealing failed: Sysprep failed; these connections', 'generalising failed: Sysprep failed; these connections'],
    ['bakehouse: sealing began\nbakehouse: sealed\n', undefined],
    ['the console of a machine without a serial port', undefined],
  ])('judges a machine that has stopped by its console: %j', async (text, why) => {
    using windows = makeWindows('seal')
    windows.answer('check/outcome.json', json(ready))
    const { context, host, build } = windows
    const readConsole = async (): Promise<string> => text
    const sealed = sealWindows({ context: { ...context, readConsole }, connection: connect(host, build) }, async () => true, pauses)
    if (why === undefined) await expect(sealed).resolves.toBeUndefined()
    else await expect(sealed).rejects.toThrow(why)
  })

  it('ends when the console of a machine that cannot be reached says that sealing failed', async () => {
    using windows = makeWindows('seal')
    windows.answer('check/outcome.json', json(ready))
    const { context, host, build } = windows
    let asked = 0
    const readConsole = async (): Promise<string> => {
      asked++
      windows.answer('unreachable', '')
      return asked > 1 ? 'bakehouse: sealing failed: Sysprep failed; these connections could not be opened again: Ssh: x' : ''
    }
    windows.answer('watch/outcome.json', { rc: 0, stdout: '{}', stderr: '' })
    const isStopped = async (): Promise<boolean> => {
      windows.answer('unreachable', '')
      return false
    }
    await expect(
      sealWindows({ context: { ...context, readConsole }, connection: connect(host, build) }, isStopped, pauses),
    ).rejects.toThrow('generalising failed: Sysprep failed; these connections could not be opened again: Ssh: x')
  })
})
