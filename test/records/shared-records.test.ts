import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { homeFolder } from '../../src/core/paths.ts'
import { findLatestGood } from '../../src/life/latest-good.ts'
import { openProjectEngine } from '../../src/life/open-engine.ts'
import { promote } from '../../src/life/promote.ts'
import { readBuilds } from '../../src/life/read-builds.ts'
import { keepRecord } from '../../src/records/keep-record.ts'
import { renderLedger } from '../../src/records/ledger.ts'
import { acquireSharedBuildLock, findLockedFamilies } from '../../src/records/shared-build-lock.ts'
import { countEngineRuns } from '../helpers/engine-runs.ts'
import { sampleLatestGood } from '../helpers/latest-good.ts'
import { failedRecord, sampleRecord } from './sample.ts'

const folder = mkdtempSync(join(tmpdir(), 'bh-records-'))
const tools = join(homeFolder(), 'tools.json')
const backend = `file://${join(folder, 'state')}`
const signal = new AbortController().signal
const family = 'linux-web'

/** Continues as another computer: an empty home folder. */
function useComputer(name: string): string {
  const home = join(folder, name)
  mkdirSync(home, { recursive: true })
  if (!existsSync(join(home, 'tools.json'))) cpSync(tools, join(home, 'tools.json'))
  vi.stubEnv('BAKEHOUSE_HOME', home)
  return home
}
beforeAll(() => {
  mkdirSync(join(folder, 'state'))
  writeFileSync(join(folder, 'passphrase'), 'open sesame\n')
  vi.stubEnv('PULUMI_CONFIG_PASSPHRASE', undefined)
  vi.stubEnv('PULUMI_CONFIG_PASSPHRASE_FILE', join(folder, 'passphrase'))
})
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

const begun = (build: string, version: string, startedAt: string) =>
  sampleRecord({ build, version, startedAt, status: 'running', suites: [], tasks: [] })
const read = async () => (await readBuilds([family], { backend, only: family })).records.map(({ version, status }) => [version, status])

/** The part of the state file that contains the outputs of the family. */
function outputsInFile(): string {
  const text = readFileSync(join(folder, 'state/.pulumi/stacks/bakehouse', `${family}.json`), 'utf8')
  const { resources } = (JSON.parse(text) as { checkpoint: { latest: { resources: { type: string; outputs: unknown }[] } } }).checkpoint
    .latest
  return JSON.stringify(resources.find(({ type }) => type === 'pulumi:pulumi:Stack')?.outputs)
}

describe('the record of a build in a shared state', { timeout: 300_000 }, () => {
  let outputs = ''

  it('is read by a computer with an empty home: a promoted build', async () => {
    useComputer('one')
    const engine = await openProjectEngine(backend)
    const kept = keepRecord(engine, begun('b1', '2026.11.23', '2026-11-23T10:00:00Z'), await engine.findState(family))
    const records = await kept.promoted(sampleRecord({ build: 'b1', version: '2026.11.23', startedAt: '2026-11-23T10:00:00Z' }))
    await promote(engine, sampleLatestGood({ family, version: '2026.11.23' }), { state: await kept.state(), records, signal })
    useComputer('two')
    expect(await read()).toEqual([['2026.11.23', 'promoted']])
    outputs = outputsInFile()
    expect(outputs).toContain('"version":"2026.11.23"')
  })

  it('is read by a computer with an empty home: a rejected build, which takes two runs of the engine and changes no output', async () => {
    const runs = countEngineRuns(useComputer('three'))
    const engine = await openProjectEngine(backend)
    const state = await engine.findState(family)
    runs()
    const kept = keepRecord(engine, begun('b2', '2026.11.23-2', '2026-11-23T11:00:00Z'), state)
    await kept.end(failedRecord({ build: 'b2', version: '2026.11.23-2', startedAt: '2026-11-23T11:00:00Z' }))
    expect(runs()).toEqual(['stack import', 'stack import'])
    expect(outputsInFile()).toBe(outputs)
    useComputer('four')
    expect(await read()).toEqual([
      ['2026.11.23-2', 'failed'],
      ['2026.11.23', 'promoted'],
    ])
  })

  it('is read by a computer with an empty home: a build that runs elsewhere, and one whose computer was lost', async () => {
    useComputer('five')
    const engine = await openProjectEngine(backend)
    {
      await using _lock = await acquireSharedBuildLock(engine, family, new Date(Date.now() + 3_600_000).toISOString())
      await keepRecord(engine, begun('b3', '2026.11.23-3', '2026-11-23T12:00:00Z'), await engine.findState(family)).state()
      useComputer('six')
      expect((await read())[0]).toEqual(['2026.11.23-3', 'running'])
    }
    expect((await read())[0]).toEqual(['2026.11.23-3', 'interrupted'])
  })

  it('is not locked by a build that has ended since the stacks were listed', async () => {
    useComputer('eight')
    const listed = { name: `lease.${family}`, resourceCount: 0, changedAt: '2026-11-23T12:00:00Z' }
    expect(await findLockedFamilies(await openProjectEngine(backend), [listed])).toEqual(new Set())
  })

  it('is read in one run of the engine, however many builds there are', async () => {
    const runs = countEngineRuns(useComputer('seven'))
    await readBuilds([family], { backend, only: family })
    expect(runs().filter((run) => run === 'stack export')).toHaveLength(1)
  })

  it('takes as many runs of the engine for 1,000 builds as for one', async () => {
    const home = useComputer('nine')
    const engine = await openProjectEngine(backend)
    const runs = countEngineRuns(home)
    const counts: string[][] = []
    for (const count of [1, 1000]) {
      using stack = await engine.openStack(`linux-${count}`)
      const records = Array.from({ length: count }, (_, index) =>
        sampleRecord({ family: `linux-${count}`, build: `b${index}`, version: `2026.11.23-${index + 2}` }),
      )
      await stack.attach(renderLedger(records), await stack.read())
      runs()
      expect((await readBuilds([`linux-${count}`], { backend, only: undefined })).records).toHaveLength(count)
      counts.push(runs())
    }
    expect(counts[1]).toEqual(counts[0])
    expect(counts[0]).toEqual(['stack export'])
  })

  it('is read by a computer that has read it before without a run of the engine, until another computer changes it', async () => {
    const build = async (id: string, version: string): Promise<void> => {
      useComputer('twelve')
      const engine = await openProjectEngine(backend)
      const startedAt = `2026-11-23T13:00:0${version.at(-1)}Z`
      await keepRecord(engine, begun(id, version, startedAt), await engine.findState(family)).end(
        failedRecord({ build: id, version, startedAt }),
      )
    }
    await build('b4', '2026.11.23-4')
    const runs = countEngineRuns(useComputer('eleven'))
    await read()
    expect(runs()).toEqual(['stack export'])
    expect((await read())[0]).toEqual(['2026.11.23-4', 'failed'])
    expect(runs()).toEqual([])
    await build('b5', '2026.11.23-5')
    useComputer('eleven')
    expect((await read())[0]).toEqual(['2026.11.23-5', 'failed'])
  })

  it('of a parent family is read without the secrets of its stack, so a build does not need them', async () => {
    useComputer('ten')
    vi.stubEnv('PULUMI_CONFIG_PASSPHRASE_FILE', undefined)
    try {
      expect(await findLatestGood(await openProjectEngine(backend), family)).toMatchObject({ version: '2026.11.23' })
    } finally {
      vi.stubEnv('PULUMI_CONFIG_PASSPHRASE_FILE', join(folder, 'passphrase'))
    }
  })

  it('survives a promotion by a computer that has no record of it', async () => {
    useComputer('eight')
    const engine = await openProjectEngine(backend)
    await promote(engine, sampleLatestGood({ family, version: '2026.11.24' }), { signal })
    expect((await read()).map(([version]) => version)).toEqual([
      '2026.11.23-5',
      '2026.11.23-4',
      '2026.11.23-3',
      '2026.11.23-2',
      '2026.11.23',
    ])
  })
})
