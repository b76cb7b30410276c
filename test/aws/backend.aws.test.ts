import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { secret } from '@pulumi/pulumi'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findStack, listStacks, openStack } from '../../src/bake/stack.ts'
import { homeFolder } from '../../src/core/paths.ts'
import { type Moto, motoEnvironment, startMoto } from './moto.ts'

const folder = mkdtempSync(join(tmpdir(), 'bh-backend-'))
const signal = new AbortController().signal
let moto: Moto
let backend = ''

beforeAll(async () => {
  moto = await startMoto()
  Object.assign(process.env, motoEnvironment(moto.url))
  // An S3 API server of one's own is named in the URL, as the engine has it.
  const host = new URL(moto.url).host
  backend = `s3://state?endpoint=${host}&disableSSL=true&s3ForcePathStyle=true&region=eu-central-1`
  await fetch(`${moto.url}/state`, { method: 'PUT', headers: { 'x-amz-create-bucket-configuration': '' } })
  mkdirSync(join(folder, '.bakehouse'))
  cpSync(join(homeFolder(), 'tools.json'), join(folder, '.bakehouse/tools.json'))
  process.env.BAKEHOUSE_HOME = join(folder, '.bakehouse')
}, 300_000)
afterAll(async () => {
  await moto[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

test('the state is in the bucket: another machine sees the stack, and its secrets are not in plain text', async () => {
  const stack = await openStack('linux-base', backend)
  await stack.up(async () => ({ version: '2026.11.23', token: secret('plain-and-simple') }), { message: 'one', signal })
  process.env.PULUMI_CONFIG_PASSPHRASE_FILE = join(folder, '.bakehouse/passphrase')
  process.env.BAKEHOUSE_HOME = join(folder, 'another-machine')
  mkdirSync(join(folder, 'another-machine'))
  cpSync(join(folder, '.bakehouse/tools.json'), join(folder, 'another-machine/tools.json'))
  try {
    expect((await listStacks(backend)).map(({ name }) => name)).toEqual(['linux-base'])
    expect((await (await findStack('linux-base', backend))?.read())?.outputs).toMatchObject({ version: '2026.11.23' })
    const state = await (
      await fetch(`${moto.url}/state/.pulumi/stacks/bakehouse/linux-base.json`, { headers: { authorization: 'AWS testing:x' } })
    ).text()
    expect(state).toContain('2026.11.23')
    expect(state).not.toContain('plain-and-simple')
  } finally {
    process.env.BAKEHOUSE_HOME = join(folder, '.bakehouse')
  }
}, 120_000)

test('a second machine that bakes the same family is told so', async () => {
  const [one, other] = [await openStack('linux-web', backend), await openStack('linux-web', backend)]
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
  await expect(other.up(async () => ({}), { message: 'other', signal })).rejects.toThrow(/lock/i)
  free()
  await first
}, 120_000)
