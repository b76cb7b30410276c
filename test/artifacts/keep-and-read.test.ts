import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { keepArtifacts } from '../../src/artifacts/keep-artifacts.ts'
import { openStore } from '../../src/artifacts/open-store.ts'
import { readLogs } from '../../src/artifacts/read-logs.ts'
import { createRedactor } from '../../src/core/redact/redact.ts'
import { artifactsPath } from '../../src/model/artifacts.ts'
import { sampleRecord } from '../records/sample.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bh-artifacts-'))
  vi.stubEnv('BAKEHOUSE_ARTIFACTS', join(folder, 'artifacts'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

const build = sampleRecord({ build: 'b1' })
const path = artifactsPath(build)
const backend = 's3://state'

function write(files: Readonly<Record<string, string | Buffer>>): string {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, 'build', name)), { recursive: true })
    writeFileSync(join(folder, 'build', name), content)
  }
  return join(folder, 'build')
}

const keep = (from: string, secrets: readonly string[] = []): Promise<string | undefined> =>
  keepArtifacts(from, () => openStore({ folder: join(folder, 'artifacts') }, path), createRedactor(secrets).text)

const recorded = (at = join(folder, 'artifacts', path)) => ({ record: { ...build, artifacts: { at } }, folder: join(folder, 'not-here') })

describe('the artifacts of a build', () => {
  it('are its record, report, logs, test reports and diagnostics, without keys and requests', async () => {
    const names = ['record.json', 'report.html', 'events.jsonl', 'logs/verify.log', 'junit/goss.xml', 'diagnostics/logs/verify.log']
    const others = ['keys/id_ed25519', 'request.json', 'steps/inventory-base.json', 'base-identity.json']
    const from = write(Object.fromEntries([...names, ...others].map((name) => [name, name])))
    symlinkSync(join(from, 'keys/id_ed25519'), join(from, 'logs/link.log'))
    expect(await keep(from)).toBeUndefined()
    const kept = readdirSync(join(folder, 'artifacts', path), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    expect(kept.map((entry) => join(entry.parentPath, entry.name).slice(join(folder, 'artifacts', path).length + 1)).sort()).toEqual(
      [...names].sort(),
    )
  })

  it('are redacted, also files that a killed process could not redact, and other bytes stay as they are', async () => {
    const from = write({
      'logs/verify.log': 'the token is tørst-and-long',
      'diagnostics/trial-console.log': Buffer.from([0xff, 0xfe, ...Buffer.from(' hunter22 '), 0x80]),
      'diagnostics/trial-screen.png': Buffer.from([0x89, 0x50, 0x00]),
    })
    expect(await keep(from, ['tørst-and-long', 'hunter22'])).toBeUndefined()
    const read = (name: string): Buffer => readFileSync(join(folder, 'artifacts', path, name))
    expect(read('logs/verify.log').toString()).toBe('the token is [redacted]')
    expect(read('diagnostics/trial-console.log')).toEqual(Buffer.from([0xff, 0xfe, ...Buffer.from(' [redacted] '), 0x80]))
    expect(read('diagnostics/trial-screen.png')).toEqual(Buffer.from([0x89, 0x50, 0x00]))
  })

  it('that cannot be written are a reason, not an error', async () => {
    writeFileSync(join(folder, 'artifacts'), 'a file')
    expect(await keep(write({ 'record.json': '{}' }))).toMatch(/artifacts/)
    expect(await keepArtifacts(folder, () => Promise.reject(new Error('no hunter22')), createRedactor(['hunter22']).text)).toBe(
      'no [redacted]',
    )
  })

  it('are not written through a link that leads out of their folder', async () => {
    mkdirSync(join(folder, 'elsewhere'))
    mkdirSync(join(folder, 'artifacts'))
    symlinkSync(join(folder, 'elsewhere'), join(folder, 'artifacts/linux-web'))
    expect(await keep(write({ 'record.json': '{}' }))).toContain('leads out of the folder of artifacts')
    expect(readdirSync(join(folder, 'elsewhere'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())).toEqual([])
  })
})

describe('the logs of a build', () => {
  it('are read from its folder on the computer that built it', async () => {
    const from = write({ 'record.json': JSON.stringify(build), 'logs/verify.log': 'here' })
    expect(await readLogs({ record: build, folder: from }, backend)).toEqual([{ name: 'logs/verify.log', text: 'here' }])
  })

  it('are read from the artifacts on another computer, in the order of the steps', async () => {
    await keep(write({ 'record.json': '{}', 'logs/verify.log': 'two', 'logs/configure.log': 'one' }))
    const expected = [
      { name: 'logs/configure.log', text: 'one' },
      { name: 'logs/verify.log', text: 'two' },
    ]
    expect(await readLogs(recorded(), backend)).toEqual(expected)
    expect(await readLogs(recorded(`/mnt/elsewhere/${path}`), backend), 'mounted with another path').toEqual(expected)
    vi.stubEnv('BAKEHOUSE_ARTIFACTS', '')
    expect(await readLogs(recorded(), 'gs://state'), 'only the record knows the place').toEqual(expected)
  })

  it('are not those of another build with the same version', async () => {
    const from = write({ 'record.json': JSON.stringify({ ...build, build: 'b2' }), 'logs/verify.log': 'of another state' })
    await expect(readLogs({ ...recorded(), folder: from }, backend)).rejects.toMatchObject({ exitCode: 3 })
  })

  it.each([
    '/etc',
    '/srv/artifacts/linux-web/../../etc/linux-web/2026.11.23-b1',
    'linux-web/2026.11.23-b1',
    's3://logs/linux-web/2026.11.22-b0',
    's3://logs?endpoint=evil.example.org/linux-web/2026.11.23-b1',
    'http://evil.example.org/linux-web/2026.11.23-b1',
  ])('are not searched in the place %s of a forged record', async (at) => {
    await expect(readLogs(recorded(at), backend)).rejects.toThrow('to name a folder of this build')
  })

  it('are not read through a link that leads out of the folder', async () => {
    await keep(write({ 'record.json': '{}', 'logs/verify.log': 'two' }))
    writeFileSync(join(folder, 'secret'), 'hunter22')
    rmSync(join(folder, 'artifacts', path, 'logs/verify.log'))
    symlinkSync(join(folder, 'secret'), join(folder, 'artifacts', path, 'logs/verify.log'))
    await expect(readLogs(recorded(), backend)).rejects.toThrow('leads out of the folder of artifacts')
  })

  it('that do not exist are exit code 3, with where they would be', async () => {
    await expect(readLogs(recorded(), backend)).rejects.toMatchObject({ exitCode: 3, message: expect.stringContaining(path) })
    vi.stubEnv('BAKEHOUSE_ARTIFACTS', '')
    await expect(readLogs({ ...recorded(), record: build }, 'gs://state')).rejects.toMatchObject({
      exitCode: 3,
      message: 'Only the computer that built it has the logs of linux-web 2026.11.23',
      hint: expect.stringContaining('BAKEHOUSE_ARTIFACTS'),
    })
  })
})
