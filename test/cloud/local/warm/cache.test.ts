import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { discardSnapshot, ensureSnapshotFolder } from '../../../../src/cloud/local/warm/cache.ts'

const described = '../../../../src/cloud/local/qemu/describe-host.ts'
const signal = new AbortController().signal
let cache: string
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'bakehouse-warm-'))
  vi.stubEnv('XDG_CACHE_HOME', cache)
  vi.stubEnv('BAKEHOUSE_ACCELERATOR', 'tcg')
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.doUnmock(described)
  vi.resetModules()
  rmSync(cache, { recursive: true })
})

const make = async (folder: string): Promise<void> => writeFileSync(join(folder, 'memory.qcow2'), 'x')

describe('a VM snapshot that could not be restored', () => {
  it('is deleted, and not made again for a day, with the reason', async () => {
    const folder = await ensureSnapshotFolder('warm', 'key', make, signal)
    await discardSnapshot(folder, 'it hung')
    expect(existsSync(folder)).toBe(false)
    await expect(ensureSnapshotFolder('warm', 'key', make, signal)).rejects.toThrow(
      /could not be restored \(it hung\); a new one is made after a day/,
    )
    expect(existsSync(await ensureSnapshotFolder('warm', 'another key', make, signal))).toBe(true)
  })

  it('is made again after a day', async () => {
    const folder = await ensureSnapshotFolder('warm', 'key', make, signal)
    await discardSnapshot(folder, 'it hung')
    writeFileSync(`${folder}.discarded`, JSON.stringify({ at: new Date(Date.now() - 25 * 60 * 60 * 1000).toISOString(), why: '' }))
    expect(existsSync(await ensureSnapshotFolder('warm', 'key', make, signal))).toBe(true)
  })
})

describe('the key of a VM snapshot', () => {
  const keyOn = async (...host: string[]): Promise<string> => {
    vi.resetModules()
    vi.doMock(described, () => ({ describeHost: async () => host, stampOf: (file: string) => [file] }))
    const { keyOf } = await import('../../../../src/cloud/local/warm/cache.ts')
    return keyOf({ cpus: 2, memory: 1024, disk: 1 })
  }

  it('changes with CPU, microcode, kernel and QEMU', async () => {
    const keys = [
      await keyOn('cpu 1', '6.1', 'QEMU 7.2'),
      await keyOn('cpu 2', '6.1', 'QEMU 7.2'),
      await keyOn('cpu 1', '6.2', 'QEMU 7.2'),
      await keyOn('cpu 1', '6.1', 'QEMU 10'),
    ]
    expect(new Set(keys).size).toBe(4)
    expect(await keyOn('cpu 1', '6.1', 'QEMU 7.2')).toBe(keys[0])
  })
})
