import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readPromisedMemory } from '../../../../src/cloud/local/qemu/guests.ts'
import { startWithMemory } from '../../../../src/cloud/local/qemu/memory.ts'
import { readMemory } from '../../../../src/core/memory.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bakehouse-memory-'))
  vi.stubEnv('XDG_CACHE_HOME', root)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(root, { recursive: true })
})

const mebibytes = (count: number): string => `${count * 1024 ** 2}\n`
const write = (files: Record<string, string>): void => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}
const host = { 'proc/meminfo': `MemTotal: ${24_000 * 1024} kB\nMemAvailable: ${20_000 * 1024} kB\n` }
const v2 = (folder: string, max: string, used: number, cache = 0): Record<string, string> => ({
  [`${folder}/memory.max`]: max,
  [`${folder}/memory.current`]: mebibytes(used),
  [`${folder}/memory.stat`]: `anon 1\ninactive_file ${cache * 1024 ** 2}\n`,
})

describe('the memory of this computer', () => {
  it.each([
    ['that of /proc/meminfo, without control groups', {}, { total: 24_000, available: 20_000 }],
    [
      'that of a container (cgroup v2)',
      { 'proc/self/cgroup': '0::/\n', ...v2('sys/fs/cgroup', mebibytes(4000), 1000, 200) },
      { total: 4000, available: 3200 },
    ],
    [
      'the smallest limit of the group and its parents',
      { 'proc/self/cgroup': '0::/a/b\n', ...v2('sys/fs/cgroup/a', mebibytes(8000), 7000), ...v2('sys/fs/cgroup/a/b', 'max\n', 100) },
      { total: 8000, available: 1000 },
    ],
    [
      'that of a container (cgroup v1), whose path in /proc is that of the host',
      {
        'proc/self/cgroup': '5:cpu,cpuacct:/docker/x\n4:memory:/docker/x\n',
        'sys/fs/cgroup/memory/memory.limit_in_bytes': mebibytes(2000),
        'sys/fs/cgroup/memory/memory.usage_in_bytes': mebibytes(500),
        'sys/fs/cgroup/memory/memory.stat': `total_inactive_file ${100 * 1024 ** 2}\n`,
      },
      { total: 2000, available: 1600 },
    ],
    [
      'that of the host, if the limit is larger',
      { 'proc/self/cgroup': '0::/\n', ...v2('sys/fs/cgroup', mebibytes(99_000), 1) },
      { total: 24_000, available: 20_000 },
    ],
  ])('is %s', (_what, files, expected) => {
    write({ ...host, ...files })
    expect(readMemory(root)).toEqual(expected)
  })
})

it('counts memory that running guests of all projects have not used yet', () => {
  const guest = (given: string): string => ['/usr/bin/qemu-system-x86_64', '-name', 'x', '-m', given, ''].join('\0')
  write({
    'proc/1/cmdline': 'init\0',
    'proc/7/cmdline': guest('15000'),
    'proc/7/status': `VmRSS:\t  ${1000 * 1024} kB\n`,
    'proc/8/cmdline': ['timeout', '60', 'qemu-system-x86_64', '-m', '15000', ''].join('\0'),
    'proc/9/cmdline': guest('1024'),
    'proc/9/status': `VmRSS:\t  ${2000 * 1024} kB\n`,
  })
  expect(readPromisedMemory(join(root, 'proc'))).toBe(15_000 + 512 - 1000)
})

describe('a machine that needs memory', () => {
  const signal = AbortSignal.timeout(60_000)

  it('is refused immediately if this computer has less in total', async () => {
    const read = () => ({ total: 1000, available: 1000 })
    await expect(startWithMemory(1024, async () => {}, { signal, read })).rejects.toThrow(
      'A machine of 1024 MiB needs 1536 MiB of memory, but this computer or its container has only 1000 MiB',
    )
  })

  it('waits for others: three machines of 15 GB start one after the other in 23 GB', async () => {
    let free = 23_000
    const running = { now: 0, most: 0 }
    const read = () => ({ total: 23_000, available: free })
    const machine = async (): Promise<void> => {
      free -= 15_000
      running.most = Math.max(running.most, ++running.now)
      setTimeout(() => {
        running.now--
        free += 15_000
      }, 300)
    }
    await Promise.all([1, 2, 3].map(() => startWithMemory(15_000, machine, { signal, read })))
    expect(running.most).toBe(1)
  })

  it('is refused after the time-out, with the needed and the available memory', async () => {
    const read = () => ({ total: 9000, available: 100 })
    await expect(startWithMemory(1024, async () => {}, { signal, read, timeoutMs: 1 })).rejects.toThrow(
      /for 1536 MiB of free memory, there are 100 MiB/,
    )
  })
})
