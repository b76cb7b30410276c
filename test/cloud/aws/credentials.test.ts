import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { checkCredentials } from '../../../src/cloud/aws/credentials.ts'
import { makeFamily } from '../../helpers/family.ts'
import { answerCalls } from './answer-calls.ts'

let folder: string
let warned: string[]

/** Credentials of a program, which the SDK renews. These expire in an hour. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bh-credentials-'))
  warned = []
  const Expiration = new Date(Date.now() + 60 * 60_000).toISOString()
  const process = { Version: 1, AccessKeyId: 'testing', SecretAccessKey: 'testing', SessionToken: 'testing', Expiration }
  writeFileSync(join(folder, 'answer.json'), JSON.stringify(process))
  writeFileSync(join(folder, 'config'), `[profile renewed]\ncredential_process = cat ${join(folder, 'answer.json')}\n`)
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) vi.stubEnv(name, undefined)
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'))
  vi.stubEnv('AWS_PROFILE', 'renewed')
  answerCalls({ GetCallerIdentity: () => ({ Account: '111111111111' }) })
})
afterEach(() => {
  rmSync(folder, { recursive: true })
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

const check = (aws: object): Promise<string> => {
  const family = makeFamily({ cloud: 'aws', base: { amiId: 'ami-12345678' }, configure: { timeout: '2h' }, aws })
  return checkCredentials(family, (warning) => warned.push(warning))
}

test('with aws.reach ssm, a build warns of a step that takes longer than the credentials of its session; without, it does not', async () => {
  expect(await check({ reach: 'ssh' })).toBe('111111111111')
  expect(warned).toEqual([])
  expect(await check({ reach: 'ssm' })).toBe('111111111111')
  expect(warned).toEqual([expect.stringMatching(/^a session of Session Manager ends .* expire in \d+ min, but configure may take 120 min/)])
})
