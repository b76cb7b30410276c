import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { findNewestBase, publishBase, removeUnusedBases, type StoredBase, touchBase } from '../../../../src/cloud/local/base/base-disks.ts'
import { ensureDebianBase } from '../../../../src/cloud/local/base/debian.ts'
import { makeOverlay } from '../../../../src/cloud/local/qemu/img.ts'

let folder: string
const day = 24 * 60 * 60 * 1000
const daysAgo = (days: number): Date => new Date(Date.now() - days * day)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-bases-'))
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'))
  vi.stubEnv('BAKEHOUSE_HOME', join(folder, 'home'))
  mkdirSync(join(folder, 'cache/bakehouse/base'), { recursive: true })
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

async function publish(digit: string, ageInDays: number): Promise<StoredBase> {
  const files = { disk: join(folder, 'cache/bakehouse/base/new.partial'), kernel: join(folder, 'kernel') }
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', files.disk, '16M'])
  writeFileSync(files.kernel, digit)
  const created = daysAgo(ageInDays).toISOString()
  return publishBase(files, { name: 'debian-x', digest: `sha256:${digit.repeat(64)}`, created, sourceDates: [], recipe: 'r', packages: {} })
}

describe('a base disk', () => {
  it('has its digest in its name, so that a newer one does not replace it', async () => {
    const [old, current] = [await publish('a', 40), await publish('b', 1)]
    expect(old.path).toMatch(/debian-x-a{16}\.qcow2$/)
    expect(current.path).toMatch(/debian-x-b{16}\.qcow2$/)
    expect(existsSync(old.path)).toBe(true)
    expect(readFileSync(old.kernel, 'utf8')).toBe('a')
    expect(findNewestBase('r')).toEqual(current)
    expect(findNewestBase('another')).toBeUndefined()
  })

  it('is removed after a month without use, unless it is the backing file of a machine or an image', async () => {
    const [used, imaged, unused, recent] = [await publish('a', 90), await publish('b', 80), await publish('c', 70), await publish('d', 60)]
    const [machine, images] = [join(folder, 'home/instances/m'), join(folder, 'home/images')]
    for (const each of [machine, images]) mkdirSync(each, { recursive: true })
    await makeOverlay(used.path, join(machine, 'disk.qcow2'), 1)
    await makeOverlay(imaged.path, join(images, '.candidate.1.partial'), 1)
    for (const base of [used, imaged, unused]) await touchBase(base, daysAgo(31))
    await touchBase(recent, daysAgo(29))
    await removeUnusedBases()
    expect([used, imaged, unused, recent].map(({ path }) => existsSync(path))).toEqual([true, true, false, true])
    expect(existsSync(unused.kernel)).toBe(false)
    rmSync(machine, { recursive: true })
    await removeUnusedBases()
    expect(existsSync(used.path)).toBe(false)
  })

  it('that is too old is used if a new one cannot be made', async () => {
    const { recipeKey } = await import('../../../../src/cloud/local/base/recipe.ts')
    const old = await publish('a', 31)
    const { recipe: _, ...about } = old.disk
    writeFileSync(
      old.path.replace('.qcow2', '.json'),
      JSON.stringify({ ...about, recipe: recipeKey({ release: 'bookworm', variant: 'lean' }) }),
    )
    vi.stubEnv('PATH', join(folder, 'no-tools'))
    const lines: string[] = []
    const base = await ensureDebianBase({
      release: 'bookworm',
      variant: 'lean',
      progress: (line) => lines.push(line),
      signal: AbortSignal.timeout(60_000),
    })
    expect(base.path).toBe(old.path)
    expect(lines.at(-1)).toMatch(/^a new base disk could not be made, so the one from .* is used$/)
  })
})
