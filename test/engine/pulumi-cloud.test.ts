import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { secret } from '@pulumi/pulumi'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { homeFolder } from '../../src/core/paths.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { openProjectEngine } from '../../src/life/open-engine.ts'
import { promote } from '../../src/life/promote.ts'
import { readBuilds } from '../../src/life/read-builds.ts'
import { reap } from '../../src/life/reap.ts'
import { keepRecord } from '../../src/records/keep-record.ts'
import { acquireSharedBuildLock } from '../../src/records/shared-build-lock.ts'
import { sampleLatestGood } from '../helpers/latest-good.ts'
import { type PulumiCloud, startPulumiCloud } from '../helpers/pulumi-cloud.ts'
import { ofBuilds } from '../helpers/reaped.ts'
import { failedRecord, sampleRecord } from '../records/sample.ts'

const folder = mkdtempSync(join(tmpdir(), 'bh-cloud-'))
const tools = join(homeFolder(), 'tools.json')
const signal = new AbortController().signal
const family = 'linux-web'
let cloud: PulumiCloud

beforeAll(async () => {
  cloud = await startPulumiCloud()
  vi.stubEnv('PULUMI_ACCESS_TOKEN', cloud.token)
  for (const name of ['PULUMI_CONFIG_PASSPHRASE', 'PULUMI_CONFIG_PASSPHRASE_FILE', 'BAKEHOUSE_SECRETS_PROVIDER'])
    vi.stubEnv(name, undefined)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await cloud[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

/** Continues as a computer whose home folder is empty at first. */
function useComputer(name: string): Promise<Engine> {
  const home = join(folder, name)
  mkdirSync(home, { recursive: true })
  cpSync(tools, join(home, 'tools.json'))
  vi.stubEnv('BAKEHOUSE_HOME', home)
  return openProjectEngine(cloud.url)
}

const begun = (build: string, version: string, startedAt: string) =>
  sampleRecord({ build, version, startedAt, status: 'running', suites: [], tasks: [] })
const history = async () => {
  const { records } = await readBuilds([family], { backend: cloud.url, only: family })
  return records.map(({ version, status }) => [version, status])
}

describe('a state in Pulumi Cloud, by a server with its API', { timeout: 300_000 }, () => {
  it('has the builds of all computers, and no passphrase is made', async () => {
    const one = await useComputer('one')
    const startedAt = '2026-11-23T10:00:00Z'
    const kept = keepRecord(one, begun('b1', '2026.11.23', startedAt), await one.findState(family))
    const records = await kept.promoted(sampleRecord({ build: 'b1', version: '2026.11.23', startedAt }))
    await promote(one, sampleLatestGood({ family, version: '2026.11.23' }), { state: await kept.state(), records, signal })
    const two = await useComputer('two')
    expect(await history()).toEqual([['2026.11.23', 'promoted']])
    const state = await two.findState(family)
    await two.requirePassphrase(family, state)
    await keepRecord(two, begun('b2', '2026.11.23-2', '2026-11-23T11:00:00Z'), state).end(
      failedRecord({ build: 'b2', version: '2026.11.23-2', startedAt: '2026-11-23T11:00:00Z' }),
    )
    const three = await useComputer('three')
    expect(await history()).toEqual([
      ['2026.11.23-2', 'failed'],
      ['2026.11.23', 'promoted'],
    ])
    expect((await three.findState(family))?.outputs).toEqual(state?.outputs)
    expect(state?.outputs).toMatchObject({ version: '2026.11.23' })
  })

  it('encrypts secrets, and a stack can be emptied and removed by another computer', async () => {
    const one = await useComputer('one')
    await (await one.openStack('build')).up(async () => ({ word: secret('plain-and-simple') }), { message: 'one', signal })
    expect(JSON.stringify(cloud.find('build'))).not.toContain('plain-and-simple')
    const two = await useComputer('two')
    expect(await two.createStack('build'), 'it exists already').toBeUndefined()
    const stack = await two.knownStack('build')
    await stack.destroyAndRemove({ message: 'empty', signal })
    expect(cloud.find('build')).toBeUndefined()
  })

  it('has a build lock that names its owner, and that reap of another computer leaves alone', async () => {
    const soon = new Date(Date.now() + 3_600_000).toISOString()
    await using _lock = await acquireSharedBuildLock(await useComputer('one'), family, soon)
    const two = await useComputer('two')
    await expect(acquireSharedBuildLock(two, family, soon)).rejects.toThrow(`${family} is being built by process ${process.pid} on`)
    expect(ofBuilds(await reap({ dryRun: true, kept: false, backend: cloud.url }, signal))).toEqual([])
  })

  it('waits for a stack that another computer updates, then is exit code 3', async () => {
    const stack = await (await useComputer('one')).knownStack(family)
    Object.assign(cloud.find(family) ?? {}, { activeUpdate: 'of another computer' })
    vi.stubEnv('BAKEHOUSE_LOCK_SECONDS', '0')
    await expect(stack.up(async () => ({}), { message: 'refused', signal })).rejects.toMatchObject({
      exitCode: 3,
      message: `The stack ${family} is locked by another update; waited 0 s for it`,
    })
    vi.stubEnv('BAKEHOUSE_LOCK_SECONDS', undefined)
  })

  it.each([
    ['is wrong', 'wrong', 'four'],
    ['is missing', undefined, 'five'],
  ])('is exit code 3 with a hint if the token %s', async (_what, token, computer) => {
    vi.stubEnv('PULUMI_ACCESS_TOKEN', token)
    await expect((await useComputer(computer)).findState(family)).rejects.toMatchObject({
      exitCode: 3,
      hint: expect.stringContaining('PULUMI_ACCESS_TOKEN'),
    })
  })

  it('gets only calls that the server knows', () => {
    expect(cloud.unknown).toEqual([])
  })
})
