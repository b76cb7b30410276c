import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findDamage, flatten, flattenArguments, makeOverlay, overlayArguments, readDiskInfo } from '../../../../src/cloud/local/qemu/img.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-img-'))
})
afterEach(() => rmSync(folder, { recursive: true }))
const path = (name: string): string => join(folder, name)
const img = (...args: string[]): void => void execFileSync('qemu-img', args, { stdio: 'ignore' })

describe('command lines of qemu-img', () => {
  it('names format and path of the backing file of an overlay', () => {
    expect(overlayArguments({ file: 'o', backing: '/b', size: 7 }).join(' ')).toBe(
      'create -q -f qcow2 -o lazy_refcounts=on -F qcow2 -b /b o 7',
    )
  })

  it.each([
    [false, '-W'],
    [true, '-c -o compression_type=zlib'],
  ])('writes blocks in order only if it compresses (%s)', (compress, part) => {
    expect(flattenArguments({ source: 's', sourceFormat: 'qcow2', target: 't', compress }).join(' ')).toContain(part)
  })
})

describe('disks', () => {
  it('grows an overlay to the size in the family, and never shrinks it', async () => {
    img('create', '-f', 'qcow2', path('base'), '2G')
    await makeOverlay(path('base'), path('bigger'), 3)
    await makeOverlay(path('base'), path('same'), 1)
    expect((await readDiskInfo(path('bigger'))).virtualSize).toBe(3 * 1024 ** 3)
    expect((await readDiskInfo(path('same'))).virtualSize).toBe(2 * 1024 ** 3)
  })

  it('copies a disk with its backing files to one sparse file without a backing file', async () => {
    writeFileSync(path('raw'), Buffer.alloc(1024 * 1024, 'x'))
    img('convert', '-O', 'qcow2', path('raw'), path('base'))
    await makeOverlay(path('base'), path('overlay'), 1)
    await flatten({ source: path('overlay'), sourceFormat: 'qcow2', target: path('flat'), compress: false }, AbortSignal.timeout(60_000))
    const info = await readDiskInfo(path('flat'))
    expect(info.backing).toBeUndefined()
    expect(info.actualSize).toBeLessThan(3 * 1024 * 1024)
    expect(await findDamage(path('flat'))).toBeUndefined()
  })

  it('removes the file of a failed copy', async () => {
    const broken = { source: path('absent'), sourceFormat: 'qcow2', target: path('flat'), compress: false }
    await expect(flatten(broken, AbortSignal.timeout(60_000))).rejects.toThrow()
    expect(existsSync(path('flat'))).toBe(false)
  })

  it('reports the damage of a disk', async () => {
    img('create', '-f', 'qcow2', path('bad'), '1G')
    const cut = execFileSync('head', ['-c', '70000', path('bad')])
    writeFileSync(path('bad'), cut)
    expect(await findDamage(path('bad'))).toBeTruthy()
  })
})
