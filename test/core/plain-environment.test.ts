import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { startQemu } from '../../src/cloud/local/qemu/process.ts'
import { plainEnvironment } from '../../src/core/plain-environment.ts'

afterEach(() => vi.unstubAllEnvs())

test('keeps what a program needs, and no credentials or secrets', () => {
  const all = {
    PATH: '/bin',
    HOME: '/root',
    LC_ALL: 'C',
    AWS_SECRET_ACCESS_KEY: 'a',
    GITHUB_TOKEN: 'b',
    PULUMI_ACCESS_TOKEN: 'c',
    DB_PASSWORD: 'd',
  }
  expect(plainEnvironment({ ...all, TZ: undefined })).toEqual({ PATH: '/bin', HOME: '/root', LC_ALL: 'C' })
})

test('QEMU is started without the credentials of the user', async () => {
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'not-for-qemu')
  const folder = mkdtempSync(join(tmpdir(), 'env-'))
  try {
    const file = (name: string): string => join(folder, name)
    // Replaces QEMU: prints its environment and ends.
    const spec = { program: 'env', args: [], logFile: file('log'), qmpSocket: file('qmp'), pidFile: file('pid'), lifetimeSeconds: 0 }
    const told = await startQemu(spec).catch((error: unknown) => String(error))
    expect(told).toContain('PATH=')
    expect(told).not.toContain('not-for-qemu')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
