import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { connect } from '../../../src/guest/ssh/ssh.ts'
import {
  findSysprepError,
  judgeReadiness,
  parseAnswer,
  type Readiness,
  type SealState,
  sealWindows,
} from '../../../src/guest/windows/seal.ts'
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
  '2026-11-23 10:00:01, Error                 SYSPRP Package Contoso.App_1.0_x64 was installed for a user, but not provisioned for all users.',
  '2026-11-23 10:00:02, Error      [0x0f0082] SYSPRP ActionPlatform::LaunchModule: Failure occurred while executing',
].join('\r\n')
const pauses = { busy: 1, state: 1, inside: 0 }
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

  it('contains the first error of Sysprep, without its time', () => {
    expect(findSysprepError(panther)).toBe(
      'SYSPRP Package Contoso.App_1.0_x64 was installed for a user, but not provisioned for all users.',
    )
    expect(findSysprepError('2026-11-23 10:00:00, Info SYSPRP ok')).toBeUndefined()
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
    using windows = makeWindows('seal', { family: { seal: { timeout: '1s' } } })
    windows.answer('check/outcome.json', json({ ...ready, busy: ['TiWorker'] }))
    await expect(run(windows)).rejects.toThrow('TiWorker did not end in time')
    expect(windows.calls().length).toBeGreaterThan(1)
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
    using windows = makeWindows('seal', { family: { seal: { timeout: '2s' } } })
    windows.answer('check/outcome.json', json(ready))
    windows.answer('watch/outcome.json', json(going))
    await expect(run(windows)).rejects.toThrow('the machine did not stop within 2s; ImageState is IMAGE_STATE_COMPLETE')
  })
})

describe('the seal script', () => {
  const script = readFileSync(join(import.meta.dirname, '../../../src/guest/windows/windows-seal.ps1'), 'utf8')

  it.each([
    ['reset --clean --block'],
    ['sysprep --clean --shutdown --block'],
    ["'/generalize', '/oobe', '/shutdown'"],
    ['IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE'],
    ['-DeleteKey'],
  ])('has %s', (part) => {
    expect(script).toContain(part)
  })

  it('resets EC2Launch before it generalises', () => {
    expect(script.indexOf('reset --clean')).toBeLessThan(script.indexOf('sysprep --clean'))
  })

  it.each(['windows-seal.ps1', 'windows-check.ps1', 'windows-watch.ps1', '../windows/hygiene.ps1'])('%s has balanced braces', (name) => {
    const text = readFileSync(join(import.meta.dirname, '../../../src/guest/windows', name), 'utf8').replace(/'[^'\n]*'/g, '')
    for (const [open, close] of ['{}', '()', '[]'].map((pair) => pair.split('') as [string, string])) {
      expect(text.split(open).length, `${name} ${open}`).toBe(text.split(close).length)
    }
  })
})
