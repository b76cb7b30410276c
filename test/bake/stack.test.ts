import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { secret } from '@pulumi/pulumi'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Plan } from '../../src/bake/plan.ts'
import { reserveVersion } from '../../src/bake/reserve.ts'
import { toolsFile } from '../../src/core/tools.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { findKillSignal } from '../../src/engine/failed-run.ts'
import { openProjectEngine } from '../../src/life/open-engine.ts'
import type { BakeRequest } from '../../src/model/request.ts'
import { nextVersion } from '../../src/model/version.ts'
import { killNextEngine } from '../helpers/engines.ts'

const folder = mkdtempSync(join(tmpdir(), 'bh-stack-'))
// A name that a URL would take for something else, and a shell too.
const home = join(folder, `it's 100% "Bücher", #1 $5`)
const signal = new AbortController().signal
const before = process.env.BAKEHOUSE_HOME
let engine: Engine

beforeAll(async () => {
  const tools = toolsFile()
  process.env.BAKEHOUSE_HOME = home
  mkdirSync(home)
  copyFileSync(tools, toolsFile())
  engine = await openProjectEngine()
})
afterAll(() => {
  if (before === undefined) delete process.env.BAKEHOUSE_HOME
  else process.env.BAKEHOUSE_HOME = before
  rmSync(folder, { recursive: true })
})

const filesOf = (name: string): string[] => (existsSync(join(home, name)) ? readdirSync(join(home, name)) : [])

describe('a stack', { timeout: 240_000 }, () => {
  it('can be created only once, and leaves no file outside of the state when it is closed', async () => {
    const stack = await engine.createStack('closed')
    const outputs = await stack?.up(async () => ({ word: secret('open sesame'), list: ['a', 1] }), { message: 'one', signal })
    expect(outputs).toEqual({ word: expect.objectContaining({ ciphertext: '[secret]' }), list: ['a', 1] })
    expect(await engine.createStack('closed')).toBeUndefined()
    stack?.[Symbol.dispose]()
    expect(filesOf('work')).toEqual([])
    expect(filesOf('home/workspaces').filter((name) => name.includes('workspace'))).toEqual([])
  })

  it('can be updated, read and removed by a process that did not create it', async () => {
    const stack = await engine.knownStack('closed')
    await stack.up(async () => ({ word: secret('open barley') }), { message: 'two', signal })
    expect((await engine.findState('closed'))?.outputs).toMatchObject({ word: expect.anything() })
    expect(await engine.listStacks()).toEqual([{ name: 'closed', resourceCount: expect.any(Number), changedAt: expect.any(String) }])
    await stack.destroy({ message: 'end', signal })
    await stack.remove()
    expect(await engine.findState('closed')).toBeUndefined()
  })
})

describe('an engine that is killed during an update', { timeout: 240_000 }, () => {
  it('is reported with its signal, and its lock does not block the next update', async () => {
    const stack = await engine.openStack('killed')
    await stack.up(async () => ({ word: 'before' }), { message: 'one', signal })
    let begin = (): void => {}
    const begun = new Promise<void>((resolve) => (begin = resolve))
    const never = new Promise<Record<string, unknown>>(() => {})
    const program = (): Promise<Record<string, unknown>> => {
      begin()
      return never
    }
    const update = stack.up(program, { message: 'two', signal }).catch((thrown: unknown) => thrown)
    await begun
    await killNextEngine(home, 'killed', update)
    const error = await update
    expect(findKillSignal(error), String(error)).toBe('SIGKILL')
    expect(filesOf('state/.pulumi/locks/organization/bakehouse/killed')).not.toEqual([])
    await stack.up(async () => ({ word: 'after' }), { message: 'three', signal })
    expect((await engine.findState('killed'))?.outputs).toEqual({ word: 'after' })
    await stack.remove()
  })
})

describe('a version', { timeout: 240_000 }, () => {
  const today = new Date().toISOString().slice(0, 10).replaceAll('-', '.')
  const plan = (request: Partial<BakeRequest> = {}): Plan =>
    ({
      engine,
      request: { family: 'tiny', ...request },
      family: { name: 'tiny' },
      cloud: {},
      version: today,
      stackName: `tiny-${today}`,
    }) as Plan

  it('that another machine has taken in the meantime is skipped, and the next one is tried', async () => {
    await engine.createStack(`tiny-${today}`)
    const { plan: reserved, stack } = await reserveVersion(plan())
    const { version } = reserved
    // After midnight, the first one of the new day.
    expect([`${today}-2`, nextVersion(new Date(), new Set())]).toContain(version)
    expect([stack.name, reserved.folder]).toEqual([`tiny-${version}`, expect.stringContaining(join('builds/tiny', version))])
  })

  it('that was requested and exists already is an error', async () => {
    await expect(reserveVersion(plan({ version: today }))).rejects.toThrow(`Version ${today} exists already`)
  })
})
