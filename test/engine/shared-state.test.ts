import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { secret } from '@pulumi/pulumi'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { homeFolder } from '../../src/core/paths.ts'
import { openProjectEngine } from '../../src/life/open-engine.ts'
import { reap } from '../../src/life/reap.ts'
import { acquireSharedBuildLock } from '../../src/records/shared-build-lock.ts'
import { countEngineRuns } from '../helpers/engine-runs.ts'
import { ofBuilds } from '../helpers/reaped.ts'

const folder = mkdtempSync(join(tmpdir(), 'bh-shared-'))
const tools = join(homeFolder(), 'tools.json')
const backend = `file://${join(folder, 'state')}`
const signal = new AbortController().signal
const soon = (): string => new Date(Date.now() + 3_600_000).toISOString()
mkdirSync(join(folder, 'state'))
writeFileSync(join(folder, 'passphrase'), 'open sesame\n')
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

/** Continues as another computer: an empty home folder. */
function useComputer(name: string): string {
  const home = join(folder, name)
  mkdirSync(home, { recursive: true })
  cpSync(tools, join(home, 'tools.json'))
  vi.stubEnv('BAKEHOUSE_HOME', home)
  return home
}
beforeEach(() => {
  vi.stubEnv('PULUMI_CONFIG_PASSPHRASE', undefined)
  vi.stubEnv('PULUMI_CONFIG_PASSPHRASE_FILE', join(folder, 'passphrase'))
})

describe('a state in a shared folder', { timeout: 300_000 }, () => {
  it('keeps its secrets provider when computers with empty homes update it, one after the other', async () => {
    const salts: unknown[] = []
    for (const [index, name] of ['one', 'two', 'three'].entries()) {
      useComputer(name)
      const engine = await openProjectEngine(backend)
      using stack = await engine.openStack('linux-base')
      await stack.up(async () => ({ word: secret(`word ${index}`) }), { message: name, signal })
      salts.push((await engine.findState('linux-base'))?.salt)
    }
    expect(salts[0]).toMatch(/^v1:/)
    expect(new Set(salts).size).toBe(1)
  })

  it('is read without its passphrase, but not changed, and no other passphrase is made', async () => {
    const home = useComputer('without')
    vi.stubEnv('PULUMI_CONFIG_PASSPHRASE_FILE', undefined)
    const engine = await openProjectEngine(backend)
    expect((await engine.findState('linux-base'))?.outputs, 'reading needs no passphrase').toHaveProperty('word')
    await expect(engine.requirePassphrase('linux-base', await engine.findState('linux-base'))).rejects.toMatchObject({ exitCode: 3 })
    await expect(engine.createStack('other')).rejects.toMatchObject({
      exitCode: 3,
      hint: expect.stringContaining('PULUMI_CONFIG_PASSPHRASE_FILE'),
    })
    expect(readdirSync(home)).not.toContain('passphrase')
  })

  it('is exit code 3 if the folder does not exist', async () => {
    useComputer('lost')
    const engine = await openProjectEngine(`${backend}-absent`)
    await expect(engine.listStacks()).rejects.toMatchObject({ exitCode: 3, hint: expect.stringContaining('create the folder') })
  })

  it('has a build lock that reap of another computer leaves alone, also before it names its owner', async () => {
    useComputer('one')
    const engine = await openProjectEngine(backend)
    const young = await engine.createStack('lease.young')
    await using _lock = await acquireSharedBuildLock(engine, 'held', soon())
    useComputer('two')
    const other = await openProjectEngine(backend)
    await expect(acquireSharedBuildLock(other, 'held', soon())).rejects.toThrow(`held is being built by process ${process.pid} on`)
    expect(ofBuilds(await reap({ dryRun: true, kept: false, backend }, signal))).toEqual([])
    await young?.remove()
  })

  it('waits for a stack that another computer updates', async () => {
    useComputer('one')
    const first = await (await openProjectEngine(backend)).openStack('busy')
    useComputer('two')
    const second = await (await openProjectEngine(backend)).openStack('busy')
    let free = (): void => {}
    const busy = new Promise<void>((done) => (free = done))
    let begin = (): void => {}
    const begun = new Promise<void>((done) => (begin = done))
    const program = async (): Promise<Record<string, unknown>> => {
      begin()
      await busy
      return { by: 'first' }
    }
    const update = first.up(program, { message: 'first', signal })
    await begun
    const waits: string[] = []
    const onWait = (text: string): void => {
      waits.push(text)
      free()
    }
    await second.up(async () => ({ by: 'second' }), { message: 'second', signal, onWait })
    await update
    expect(waits).toEqual(['waiting up to 120 s, because another process has locked the stack busy'])
    expect((await (await openProjectEngine(backend)).findState('busy'))?.outputs).toEqual({ by: 'second' })
  })

  it('is without a stack after another computer has emptied and removed it, in one run of the engine', async () => {
    const runs = countEngineRuns(useComputer('remover'))
    const engine = await openProjectEngine(backend)
    await (await engine.knownStack('busy')).destroyAndRemove({ message: 'remove', signal })
    expect(runs()).toEqual(['destroy'])
    expect(await engine.findState('busy')).toBeUndefined()
  })
})
