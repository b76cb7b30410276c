import { describe, expect, it } from 'vitest'
import { canCover, checkFakeRoot } from './fake-root.ts'

/** Sectors of 512 bytes in one GiB. */
const gib = 2 ** 21
const sectors = (size: number): string => `${Math.round(size * gib)}\n`

/**
 * Files of a machine whose root file system has that size in GiB, on the device 8:1. `device`: where it starts, in sectors, and its size,
 * that of the disk, and where another partition starts, in GiB. On a real machine, the folder above a partition is that of its disk.
 */
function machine(fileSystem: number, device: Readonly<Record<string, number>>, folder = '8:1'): Record<string, string> {
  const { size = 0, start, disk, other } = device
  return {
    'usr/local/bin/mountpoint': '#!/bin/sh\necho 8:1\n',
    'usr/local/bin/df': `#!/bin/sh\necho 'Filesystem 1024-blocks Used Available Capacity Mounted on'\necho '/dev/x ${Math.round(fileSystem * 2 ** 20)} 1 999999 1% /'\n`,
    [`sys/dev/block/${folder}/size`]: sectors(size),
    ...(start === undefined ? {} : { [`sys/dev/block/${folder}/start`]: `${start}\n` }),
    ...(disk === undefined ? {} : { 'sys/dev/block/size': sectors(disk) }),
    ...(other === undefined ? {} : { 'sys/dev/block/8:2/start': sectors(other) }),
  }
}

describe.skipIf(!canCover)('the size of the root file system', () => {
  it.each([
    ['fills its disk, but for what ext4 itself needs', machine(39.2, { size: 39.9, start: 2048, disk: 40 }), 'passed', undefined],
    ['fills a disk without partitions', machine(7.8, { size: 8 }), 'passed', undefined],
    ['reaches to the next partition', machine(19.7, { size: 20, start: 2048, disk: 40, other: 20 }), 'passed', undefined],
    [
      'reaches to the end, and another partition comes before it',
      machine(29.6, { size: 30, start: 10 * gib, disk: 40, other: 1 }),
      'passed',
      undefined,
    ],
    ['is a little smaller than its disk', machine(7.2, { size: 7.2, start: 2048, disk: 8 }), 'passed', undefined],
    ['is on LVM', { ...machine(4, { size: 40 }), 'sys/dev/block/8:1/dm/name': 'root' }, 'skipped', 'not on a disk or partition'],
    ['is not on a device', machine(4, { size: 40 }, '9:9'), 'skipped', 'not on a disk or partition'],
    ['has a partition that did not grow', machine(7.8, { size: 8, start: 2048, disk: 40 }), 'failed', 'has 7987 MiB of 40959 MiB'],
    ['did not grow with its partition', machine(7.8, { size: 39.9, start: 2048, disk: 40 }), 'failed', 'has 7987 MiB of 40959 MiB'],
    ['did not grow on a disk without partitions', machine(7.8, { size: 40 }), 'failed', 'has 7987 MiB of 40960 MiB'],
  ])('%s', (_what, files, status, message) => {
    const { cases } = checkFakeRoot(files)
    expect(cases.get('root-disk-grown')).toMatchObject({ status, ...(message && { message: expect.stringContaining(message) }) })
  })
})
