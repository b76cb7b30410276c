import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readDiskFormat } from '../../../../src/cloud/local/base/disk-format.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-format-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const path = (name: string): string => join(folder, name)
/** Creates a disk with qemu-img. Returns its path. */
function make(name: string, ...args: readonly string[]): string {
  execFileSync('qemu-img', ['create', '-q', ...args, path(name), '1M'])
  return path(name)
}
function write(name: string, content: Buffer | string): string {
  writeFileSync(path(name), content)
  return path(name)
}
const withTable = (): Buffer => Buffer.concat([Buffer.alloc(510), Buffer.from([0x55, 0xaa]), Buffer.alloc(1024)])

it.each([
  ['a qcow2', 'qcow2', () => make('plain', '-f', 'qcow2')],
  ['an old qcow2', 'qcow2', () => make('old', '-f', 'qcow2', '-o', 'compat=0.10')],
  ['a raw disk with a partition table', 'raw', () => write('raw', withTable())],
] as const)('knows %s', async (_what, format, disk) => {
  expect(await readDiskFormat(disk())).toBe(format)
})

it.each([
  [
    'a qcow2 with a backing file',
    /is an overlay of another file/,
    () => make('overlay', '-f', 'qcow2', '-F', 'raw', '-b', '/etc/hostname'),
  ],
  ['a qcow2 with its data in another file', /data is in another file/, () => make('data', '-f', 'qcow2', '-o', `data_file=${path('x')}`)],
  ['a flat VMDK', /VMDK/, () => make('flat.vmdk', '-f', 'vmdk', '-o', 'subformat=monolithicFlat')],
  ['a sparse VMDK', /VMDK/, () => make('sparse.vmdk', '-f', 'vmdk')],
  ['a VHDX', /VHDX/, () => make('x.vhdx', '-f', 'vhdx')],
  ['a VHD', /VHD/, () => make('x.vhd', '-f', 'vpc')],
  ['a VDI', /VDI/, () => make('x.vdi', '-f', 'vdi')],
  ['a QED', /QED/, () => make('x.qed', '-f', 'qed')],
  ['a qcow of the first version', /unknown version/, () => make('x.qcow', '-f', 'qcow')],
  ['a truncated qcow2', /unknown version/, () => write('torn', readFileSync(make('whole', '-f', 'qcow2')).subarray(0, 60))],
  ['a text', /no partition table/, () => write('text', 'json:{"driver":"file","filename":"/etc/shadow"}')],
  ['an empty file', /no partition table/, () => write('empty', '')],
] as const)('refuses %s', async (_what, why, disk) => {
  await expect(readDiskFormat(disk())).rejects.toThrow(why)
})
