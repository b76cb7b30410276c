import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  findImage,
  imagePath,
  listImages,
  publishImage,
  removeImage,
  removeLeftovers,
  type StoredImage,
  temporaryPath,
} from '../../../../src/cloud/local/store/images.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-store-'))
  vi.stubEnv('BAKEHOUSE_HOME', folder)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})
const image = (name: string): StoredImage => ({
  name,
  tags: { tool: 'bakehouse', family: 'f', version: '1', build: 'b', stage: 'promoted', expires: '' },
  digest: 'sha256:x',
  created: '2026-01-01T00:00:00Z',
})
const publish = async (name: string): Promise<void> => {
  const aside = await temporaryPath(name)
  writeFileSync(aside, 'disk')
  await publishImage(aside, image(name))
}

describe('the store', () => {
  it('contains a published image, and no other file of it', async () => {
    await publish('f-1')
    expect(await findImage('f-1')).toEqual(image('f-1'))
    expect(readdirSync(join(folder, 'images')).sort()).toEqual(['f-1.json', 'f-1.qcow2'])
  })

  it('never lists an incomplete image: an unpublished disk, a disk without record, a record without disk, a damaged record', async () => {
    writeFileSync(await temporaryPath('f-1'), 'half')
    writeFileSync(imagePath('f-2'), 'disk')
    writeFileSync(join(folder, 'images/f-3.json'), JSON.stringify(image('f-3')))
    writeFileSync(imagePath('f-4'), 'disk')
    writeFileSync(join(folder, 'images/f-4.json'), '{"name": "f-')
    expect(await listImages()).toEqual([])
    for (const name of ['f-1', 'f-2', 'f-3', 'f-4']) expect(await findImage(name)).toBeUndefined()
  })

  it('removes unfinished files of killed processes, but not those that are being written', async () => {
    const [old, young] = [await temporaryPath('old'), await temporaryPath('young')]
    for (const path of [old, young]) writeFileSync(path, 'half')
    const longAgo = new Date(Date.now() - 25 * 60 * 60 * 1000)
    utimesSync(old, longAgo, longAgo)
    await removeLeftovers()
    expect([old, young].map((path) => existsSync(path))).toEqual([false, true])
  })

  it('ignores a record whose name differs from its file name, so that it cannot remove another file', async () => {
    await temporaryPath('f-1')
    const victim = join(folder, 'victim.qcow2')
    for (const path of [victim, imagePath('f-1')]) writeFileSync(path, 'disk')
    writeFileSync(join(folder, 'images/f-1.json'), JSON.stringify({ ...image('f-1'), name: '../victim' }))
    expect(await listImages()).toEqual([])
    expect(await findImage('f-1')).toBeUndefined()
  })

  it('ignores a record that other users can write', async () => {
    await publish('f-1')
    chmodSync(join(folder, 'images/f-1.json'), 0o666)
    expect(await listImages()).toEqual([])
  })

  it('refuses a name that exists', async () => {
    await publish('f-1')
    await expect(publish('f-1')).rejects.toThrow('images are never replaced')
  })

  it('accepts images from several processes in parallel', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, at) => publish(`f-${at}`)))
    expect(await listImages()).toHaveLength(20)
  })

  it('removes an image, and succeeds if it does not exist', async () => {
    await publish('f-1')
    await removeImage('f-1')
    await removeImage('f-1')
    expect(existsSync(imagePath('f-1'))).toBe(false)
    expect(await listImages()).toEqual([])
  })

  it('lists images that were published or removed since the last call correctly', async () => {
    await publish('f-1')
    expect(await listImages()).toEqual([image('f-1')])
    await publish('f-2')
    await removeImage('f-1')
    expect(await listImages()).toEqual([image('f-2')])
  })

  it('lists a thousand images fast enough for every build', async () => {
    await temporaryPath('f')
    for (let at = 0; at < 1000; at++) {
      writeFileSync(imagePath(`f-${at}`), '')
      writeFileSync(join(folder, `images/f-${at}.json`), JSON.stringify(image(`f-${at}`)))
    }
    expect(await listImages()).toHaveLength(1000)
  })
})
