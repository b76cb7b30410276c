import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { secret } from '@pulumi/pulumi'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { keepArtifacts } from '../../src/artifacts/keep-artifacts.ts'
import { openStore } from '../../src/artifacts/open-store.ts'
import { readLogs } from '../../src/artifacts/read-logs.ts'
import { findRoot } from '../../src/artifacts/root.ts'
import type { BucketPlace } from '../../src/core/bucket-url.ts'
import { homeFolder } from '../../src/core/paths.ts'
import { openProjectEngine } from '../../src/life/open-engine.ts'
import { reap } from '../../src/life/reap.ts'
import { artifactsPath } from '../../src/model/artifacts.ts'
import { acquireSharedBuildLock } from '../../src/records/shared-build-lock.ts'
import { isAllowed } from '../cloud/aws/evaluate-policy.ts'
import { makeProject } from '../helpers/project.ts'
import { tinyFamily } from '../helpers/tiny-family.ts'
import { sampleRecord } from '../records/sample.ts'
import { createBucket, createKey } from './create.ts'
import { type Moto, motoEnvironment, startMoto } from './moto.ts'

const folder = mkdtempSync(join(tmpdir(), 'bh-backend-'))
const signal = new AbortController().signal
let moto: Moto
let backend = ''

beforeAll(async () => {
  moto = await startMoto()
  Object.assign(process.env, motoEnvironment(moto.url))
  // The URL of the backend names the S3 API server, in the syntax of the engine.
  const host = new URL(moto.url).host
  backend = `s3://state?endpoint=${host}&disableSSL=true&s3ForcePathStyle=true&region=eu-central-1`
  await createBucket(moto.url, 'state')
  mkdirSync(join(folder, '.bakehouse'))
  cpSync(join(homeFolder(), 'tools.json'), join(folder, '.bakehouse/tools.json'))
  process.env.BAKEHOUSE_HOME = join(folder, '.bakehouse')
  writeFileSync(join(folder, 'passphrase'), 'open sesame')
  process.env.PULUMI_CONFIG_PASSPHRASE_FILE = join(folder, 'passphrase')
})
afterAll(async () => {
  await moto[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

test('a state in a bucket can be read by another machine, and its secrets are encrypted', async () => {
  const stack = await (await openProjectEngine(backend)).openStack('linux-base')
  await stack.up(async () => ({ version: '2026.11.23', token: secret('plain-and-simple') }), { message: 'one', signal })
  process.env.BAKEHOUSE_HOME = join(folder, 'another-machine')
  mkdirSync(join(folder, 'another-machine'))
  cpSync(join(folder, '.bakehouse/tools.json'), join(folder, 'another-machine/tools.json'))
  try {
    const engine = await openProjectEngine(backend)
    expect((await engine.listStacks()).map(({ name }) => name)).toEqual(['linux-base'])
    expect((await engine.findState('linux-base'))?.outputs).toMatchObject({ version: '2026.11.23' })
    const state = await (
      await fetch(`${moto.url}/state/.pulumi/stacks/bakehouse/linux-base.json`, { headers: { authorization: 'AWS testing:x' } })
    ).text()
    expect(state).toContain('2026.11.23')
    expect(state).not.toContain('plain-and-simple')
  } finally {
    process.env.BAKEHOUSE_HOME = join(folder, '.bakehouse')
  }
})

test('a key of KMS stays the secrets provider of a stack that machines with empty homes update, one after the other', async () => {
  const key = await createKey(moto.url)
  const { PULUMI_CONFIG_PASSPHRASE_FILE: file } = process.env
  delete process.env.PULUMI_CONFIG_PASSPHRASE_FILE
  const providers: unknown[] = []
  try {
    for (const name of ['one', 'two', 'three']) {
      const home = join(folder, `kms-${name}`)
      mkdirSync(home)
      cpSync(join(folder, '.bakehouse/tools.json'), join(home, 'tools.json'))
      process.env.BAKEHOUSE_HOME = home
      // Only the first machine names the key: the others find it in the state.
      if (name === 'one') process.env.BAKEHOUSE_SECRETS_PROVIDER = `awskms:///${key}?region=eu-central-1`
      else delete process.env.BAKEHOUSE_SECRETS_PROVIDER
      const engine = await openProjectEngine(backend)
      using stack = await engine.openStack('linux-kms')
      await stack.up(async () => ({ word: secret(`word of ${name}`) }), { message: name, signal })
      const text = await (
        await fetch(`${moto.url}/state/.pulumi/stacks/bakehouse/linux-kms.json`, { headers: { authorization: 'AWS testing:x' } })
      ).text()
      expect(text).not.toContain(`word of ${name}`)
      providers.push((JSON.parse(text) as { checkpoint: { latest: { secrets_providers: unknown } } }).checkpoint.latest.secrets_providers)
      expect(existsSync(join(home, 'passphrase'))).toBe(false)
    }
  } finally {
    process.env.BAKEHOUSE_HOME = join(folder, '.bakehouse')
    Object.assign(process.env, { PULUMI_CONFIG_PASSPHRASE_FILE: file })
    delete process.env.BAKEHOUSE_SECRETS_PROVIDER
  }
  expect(providers[0]).toMatchObject({ type: 'cloud', state: { url: expect.stringContaining(key) } })
  expect([providers[1], providers[2]]).toEqual([providers[0], providers[0]])
})

test('artifacts of a build are beside a state in a bucket, and another machine reads its logs from there', async () => {
  const [from, record] = [join(folder, 'build'), sampleRecord({ build: 'b1' })]
  mkdirSync(join(from, 'logs'), { recursive: true })
  for (const name of ['record.json', 'report.html', 'logs/verify.log']) writeFileSync(join(from, name), `${name} of hunter22`)
  const root = findRoot(backend)
  const redact = (text: string): string => text.replaceAll('hunter22', '[redacted]')
  const keep = (place = root) => keepArtifacts(from, () => openStore(place as NonNullable<typeof root>, artifactsPath(record)), redact)
  expect(await keep()).toBeUndefined()
  const listing = await (await fetch(`${moto.url}/state?list-type=2`, { headers: { authorization: 'AWS testing:x' } })).text()
  expect([...listing.matchAll(/<Key>(artifacts[^<]*)<\/Key>/g)].map(([, key]) => key)).toEqual(
    ['logs/verify.log', 'record.json', 'report.html'].map((name) => `artifacts/linux-web/2026.11.23-b1/${name}`),
  )
  const known = { ...record, artifacts: { at: 's3://state/artifacts/linux-web/2026.11.23-b1' } }
  expect(await readLogs({ record: known, folder: join(folder, 'not-here') }, backend)).toEqual([
    { name: 'logs/verify.log', text: 'logs/verify.log of [redacted]' },
  ])
  expect(await keep({ ...(root as BucketPlace), bucket: 'absent' })).toMatch(/bucket does not exist/)
  await expect(readLogs({ record: sampleRecord({ build: 'b2' }), folder: join(folder, 'not-here') }, backend)).rejects.toThrow(
    'There are no logs in s3://state/artifacts/linux-web/2026.11.23-b2',
  )
})

test('a bucket that does not exist is exit code 3, with what to do', async () => {
  const engine = await openProjectEngine(backend.replace('s3://state', 's3://absent'))
  await expect(engine.listStacks()).rejects.toMatchObject({
    exitCode: 3,
    message: expect.stringContaining('the bucket does not exist'),
    hint: expect.stringContaining('create the bucket'),
  })
})

test('a stack is locked while another machine updates it', async () => {
  const engine = await openProjectEngine(backend)
  const [one, other] = [await engine.openStack('linux-web'), await engine.openStack('linux-web')]
  let free = (): void => {}
  const busy = new Promise<void>((done) => {
    free = done
  })
  let started = (): void => {}
  const running = new Promise<void>((done) => {
    started = done
  })
  const first = one.up(
    async () => {
      started()
      await busy
      return {}
    },
    { message: 'one', signal },
  )
  await running
  process.env.BAKEHOUSE_LOCK_SECONDS = '0'
  const refused = await other.up(async () => ({}), { message: 'other', signal }).catch((error: unknown) => error)
  delete process.env.BAKEHOUSE_LOCK_SECONDS
  expect(refused).toMatchObject({ exitCode: 3, message: expect.stringMatching(/^The stack linux-web is locked by .*waited 0 s/) })
  free()
  await first
})

test('the printed policy of a family covers every object that the engine writes for it, and none of another family', async () => {
  const engine = await openProjectEngine(backend)
  for (const name of ['linux-db', 'linux-db-2026.11.23']) {
    const stack = await engine.openStack(name)
    for (const version of ['1', '2']) await stack.up(async () => ({ version }), { message: version, signal })
  }
  await using _lock = await acquireSharedBuildLock(engine, 'linux-db', new Date(Date.now() + 3_600_000).toISOString())
  const listing = await (await fetch(`${moto.url}/state?list-type=2`, { headers: { authorization: 'AWS testing:x' } })).text()
  const keys = [...listing.matchAll(/<Key>([^<]*linux-db[^<]*)<\/Key>/g)].map(([, key]) => key)
  expect(keys.length).toBeGreaterThan(8)
  const writable = (family: string): unknown[] =>
    keys.filter((key) =>
      isAllowed({ action: 's3:PutObject', resource: `arn:aws:s3:::state/${key}` }, { partition: 'aws', family, state: 's3://state' }),
    )
  expect(writable('linux-db')).toEqual(keys)
  expect(writable('linux')).toEqual([])
})

test('a second machine refuses to build a family that is being built, and names the first machine', async () => {
  const expires = new Date(Date.now() + 3_600_000).toISOString()
  const engine = await openProjectEngine(backend)
  await using project = makeProject(tinyFamily('tiny'))
  {
    await using _lock = await acquireSharedBuildLock(engine, 'tiny', expires)
    const { exitCode, outcome, stderr } = await project.bake('tiny', ['--backend', backend])
    expect([exitCode, outcome.error?.message], stderr).toEqual([
      3,
      `tiny is being built by process ${process.pid} on ${hostname()}, until ${expires} at the latest`,
    ])
    expect(outcome.error?.hint).toContain('stack rm lease.tiny')
  }
  expect((await engine.listStacks()).map(({ name }) => name)).not.toContain('lease.tiny')
})

test('the lock of a computer that does not exist any more ends when it expires, and reap removes it', async () => {
  const engine = await openProjectEngine(backend)
  await acquireSharedBuildLock(engine, 'lost', new Date(Date.now() - 1).toISOString())
  const left = await reap({ dryRun: true, kept: false, family: 'lost', cloud: 'local', backend }, signal)
  expect(left.map(({ kind, id, action }) => [kind, id, action])).toEqual([['build lock', 'lease.lost', 'would-remove']])
  {
    await using _lock = await acquireSharedBuildLock(engine, 'lost', new Date(Date.now() + 3_600_000).toISOString())
    expect(await reap({ dryRun: true, kept: false, family: 'lost', cloud: 'local', backend }, signal)).toEqual([])
    await expect(acquireSharedBuildLock(engine, 'lost', 'never')).rejects.toThrow('lost is being built by process')
  }
})
