import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cacheKey, findCached, makeCached } from '../../src/setup/cached.ts'

const quiet = (): void => {}
let cache: string
let before: string | undefined

beforeEach(() => {
  before = process.env.XDG_CACHE_HOME
  cache = mkdtempSync(join(tmpdir(), 'cached-'))
  process.env.XDG_CACHE_HOME = cache
})

afterEach(() => {
  if (before === undefined) delete process.env.XDG_CACHE_HOME
  else process.env.XDG_CACHE_HOME = before
  rmSync(cache, { recursive: true, force: true })
})

describe('the cache of tools', () => {
  it('has different keys for different versions, inputs, and divisions of inputs', () => {
    const keys = [cacheKey('1', ['ab', 'c']), cacheKey('2', ['ab', 'c']), cacheKey('1', ['a', 'bc']), cacheKey('1', ['ab', 'd'])]
    expect(new Set(keys).size).toBe(4)
    expect(cacheKey('1', ['ab', 'c'])).toBe(keys[0])
  })

  it('fills a folder once', async () => {
    let filled = 0
    const fill = async (folder: string): Promise<void> => writeFileSync(join(folder, 'tool'), String(++filled))
    const [first, second] = [await makeCached('tool/1', quiet, fill), await makeCached('tool/1', quiet, fill)]
    expect([first, filled]).toEqual([second, 1])
    expect(findCached('tool/1')).toBe(first)
  })

  it('fills a folder once for two set-ups in parallel; the second one waits', async () => {
    let filled = 0
    const fill = async (folder: string): Promise<void> => {
      filled++
      await sleep(150)
      writeFileSync(join(folder, 'tool'), 'x')
    }
    const said: string[] = []
    await Promise.all([makeCached('tool/1', quiet, fill), makeCached('tool/1', (text) => said.push(text), fill)])
    expect(filled).toBe(1)
    expect(said[0]).toContain('waiting for another set-up')
  })

  it('ignores a folder of an interrupted set-up, and fills it again', async () => {
    const failing = makeCached('tool/1', quiet, async (folder) => {
      writeFileSync(join(folder, 'half'), '')
      throw new Error('disk full')
    })
    await expect(failing).rejects.toThrow('disk full')
    expect(findCached('tool/1')).toBeUndefined()
    const folder = await makeCached('tool/1', quiet, async (place) => writeFileSync(join(place, 'tool'), ''))
    expect(existsSync(join(folder, 'half'))).toBe(false)
    expect(existsSync(join(folder, 'tool'))).toBe(true)
  })

  it('waits for a lock whose text is truncated, and does not fail', async () => {
    const parent = join(cache, 'bakehouse/tool')
    mkdirSync(parent, { recursive: true })
    writeFileSync(join(parent, '1.lock'), '')
    const made = makeCached('tool/1', quiet, async (place) => writeFileSync(join(place, 'tool'), 'x'))
    await sleep(50)
    rmSync(join(parent, '1.lock'))
    expect(readFileSync(join(await made, 'tool'), 'utf8')).toBe('x')
  })

  it('replaces the lock of a dead process, and removes its own lock', async () => {
    const parent = join(cache, 'bakehouse/tool')
    mkdirSync(parent, { recursive: true })
    writeFileSync(join(parent, '1.lock'), JSON.stringify({ pid: process.pid, started: '1' }))
    const folder = await makeCached('tool/1', quiet, async (place) => writeFileSync(join(place, 'tool'), 'x'))
    expect(readFileSync(join(folder, 'tool'), 'utf8')).toBe('x')
    expect(readdirSync(parent)).toEqual(['1'])
  })
})
