import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { resolveLocalBase } from '../../../../src/cloud/local/base/resolve.ts'
import { UsageError } from '../../../../src/core/errors.ts'
import type { FamilyOutputs } from '../../../../src/model/outputs.ts'
import { makeFamily } from '../../../helpers/family.ts'
import { sampleLatestGood } from '../../../helpers/latest-good.ts'

let folder: string
let disk: string
let sha256: string
let server: Server | undefined
const digest = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex')
const cached = (): string[] => readdirSync(join(folder, 'cache/bakehouse/base'))
const resolveBase = (base: unknown, latest?: FamilyOutputs) => {
  const family = makeFamily({ base }, { name: 'mine', folder })
  const latestGood = async (): Promise<FamilyOutputs> => latest ?? Promise.reject(new Error('no family was asked for'))
  return resolveLocalBase(family, { progress: () => {}, warn: () => {}, latestGood, signal: AbortSignal.timeout(60_000) })
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-given-'))
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'))
  vi.stubEnv('BAKEHOUSE_HOME', join(folder, 'home'))
  disk = join(folder, 'my.qcow2')
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', disk, '64M'])
  sha256 = digest(disk)
})
afterEach(() => {
  server?.close()
  server = undefined
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

describe('a base image that the user provides', () => {
  it('is imported once, from a path relative to the family folder', async () => {
    const base = await resolveBase({ image: 'my.qcow2', sha256 })
    expect(base).toMatchObject({ name: 'my.qcow2', digest: `sha256:${sha256}` })
    rmSync(disk)
    expect(await resolveBase({ image: 'my.qcow2', sha256 })).toEqual(base)
    expect(base.id).toBe(join(folder, `cache/bakehouse/base/image-${sha256}-${digest(base.id)}.qcow2`))
  })

  it('can be a raw disk', async () => {
    const raw = join(folder, 'disk.raw')
    writeFileSync(raw, Buffer.concat([Buffer.alloc(510), Buffer.from([0x55, 0xaa]), Buffer.alloc(512)]))
    const { id } = await resolveBase({ image: 'disk.raw', sha256: digest(raw) })
    expect(JSON.parse(execFileSync('qemu-img', ['info', '--output=json', id]).toString()).format).toBe('qcow2')
  })

  it('is not used if it was replaced in the cache, or if other users could replace it', async () => {
    const { id } = await resolveBase({ image: 'my.qcow2', sha256 })
    chmodSync(id, 0o666)
    await expect(resolveBase({ image: 'my.qcow2', sha256 })).rejects.toThrow('others may write to it')
    chmodSync(id, 0o600)
    await resolveBase({ image: 'my.qcow2', sha256 })
    const { mtime } = statSync(id)
    const bytes = readFileSync(id)
    writeFileSync(id, Buffer.concat([bytes.subarray(0, -1), Buffer.from([255])]))
    utimesSync(id, mtime, mtime)
    await expect(resolveBase({ image: 'my.qcow2', sha256 })).rejects.toThrow(/it has the digest .*, expected/)
  })

  it('can be downloaded from a URL', async () => {
    server = createServer((_request, response) => response.end(readFileSync(disk)))
    await new Promise<void>((done) => server?.listen(0, '127.0.0.1', done))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/my.qcow2`
    expect((await resolveBase({ image: url, sha256 })).digest).toBe(`sha256:${sha256}`)
  })

  it('is refused if it has another digest; both are printed, and nothing is kept', async () => {
    const wrong = '0'.repeat(64)
    const refused = resolveBase({ image: 'my.qcow2', sha256: wrong })
    await expect(refused).rejects.toThrow(UsageError)
    await expect(refused).rejects.toThrow(`has sha256 ${sha256}, expected ${wrong}`)
    expect(cached()).toEqual([])
  })

  it('is refused if it is damaged', async () => {
    truncateSync(disk, 70_000)
    await expect(resolveBase({ image: 'my.qcow2', sha256: digest(disk) })).rejects.toThrow(/mine: the base image my.qcow2 is damaged/)
    expect(cached()).toEqual([])
  })

  it.each([
    ['has a backing file', ['-f', 'qcow2', '-F', 'raw', '-b']],
    ['has its data in another file', ['-f', 'qcow2', '-o']],
    ['is a list of other files', ['-f', 'vmdk', '-o']],
  ])('cannot copy files of this computer into an image: it is refused if it %s', async (_what, options) => {
    const secret = join(folder, 'secret')
    writeFileSync(secret, 'of this computer')
    const [hostile, last] = [join(folder, 'hostile'), options.at(-1)]
    const target =
      { '-b': [secret], '-o': [options[1] === 'vmdk' ? 'subformat=monolithicFlat' : `data_file=${join(folder, 'data')}`] }[String(last)] ??
      []
    execFileSync('qemu-img', ['create', '-q', ...options, ...target, hostile, '1M'])
    if (options[1] === 'vmdk') writeFileSync(hostile, readFileSync(hostile, 'utf8').replace(/"hostile-flat"/, `"${secret}"`))
    const refused = resolveBase({ image: 'hostile', sha256: digest(hostile) })
    await expect(refused).rejects.toThrow(/mine: the base image hostile cannot be used: it/)
    await expect(refused).rejects.toMatchObject({ hint: expect.stringContaining('qemu-img convert -O qcow2') })
    expect(cached()).toEqual([])
  })

  it.each([
    ['missing', 'absent.qcow2', /the base image .* does not exist/],
    ['at a server that cannot be reached', 'http://127.0.0.1:1/x', /Cannot connect to the server of the base image/],
  ])('is an error if it is %s', async (_what, image, message) => {
    await expect(resolveBase({ image, sha256 })).rejects.toThrow(message)
  })

  it('prints the error of the server', async () => {
    server = createServer((_request, response) => response.writeHead(404).end())
    await new Promise<void>((done) => server?.listen(0, '127.0.0.1', done))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/gone`
    await expect(resolveBase({ image: url, sha256 })).rejects.toThrow('HTTP 404')
  })

  it('is downloaded once if two builds need it at the same time', async () => {
    const both = await Promise.all([resolveBase({ image: disk, sha256 }), resolveBase({ image: disk, sha256 })])
    expect(both[0]).toEqual(both[1])
    expect(cached().filter((name) => !name.endsWith('.lock'))).toHaveLength(1)
  })
})

describe('the image of a parent family', () => {
  const promoted = (version: string, created: string): void => {
    const tags = { tool: 'bakehouse', family: 'linux-base', version, build: 'b', stage: 'promoted', expires: '' }
    const path = join(folder, 'home/images', `linux-base-${version}`)
    execFileSync('mkdir', ['-p', join(folder, 'home/images')])
    writeFileSync(`${path}.qcow2`, version)
    writeFileSync(`${path}.json`, JSON.stringify({ name: `linux-base-${version}`, tags, digest: digestOf(version), created }))
  }

  const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`
  const latest = (version: string): FamilyOutputs => {
    const id = `linux-base-${version}`
    return sampleLatestGood({ version, imageId: id, imageName: id, digest: digestOf(version), imagesByRegion: { local: id } })
  }

  it('is the latest good image in its stack, even if the store has a newer one', async () => {
    promoted('2026.01.02', '2026-01-02T00:00:00Z')
    promoted('2026.01.10', '2026-01-10T00:00:00Z')
    expect(await resolveBase({ family: 'linux-base' }, latest('2026.01.02'))).toEqual({
      id: 'linux-base-2026.01.02',
      name: 'linux-base-2026.01.02',
      digest: digestOf('2026.01.02'),
      ancestor: { family: 'linux-base', version: '2026.01.02' },
    })
  })

  it('is refused if its disk was replaced', async () => {
    promoted('2026.01.02', '2026-01-02T00:00:00Z')
    writeFileSync(join(folder, 'home/images/linux-base-2026.01.02.qcow2'), 'another')
    await expect(resolveBase({ family: 'linux-base' }, latest('2026.01.02'))).rejects.toThrow('expected sha256:')
  })

  it('must be in the store', async () => {
    const refused = resolveBase({ family: 'linux-base' }, latest('2026.01.03'))
    await expect(refused).rejects.toThrow('linux-base-2026.01.03, is not in the store')
    await expect(refused).rejects.toMatchObject({ hint: expect.stringContaining('--family linux-base') })
  })
})

it('is refused if it is on another cloud', async () => {
  await expect(resolveBase({ amiId: 'ami-12345678' })).rejects.toThrow('a base on AWS')
})
