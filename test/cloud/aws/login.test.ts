import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { requireLogin } from '../../../src/cloud/aws/login.ts'
import type { Host } from '../../../src/model/host.ts'
import { answerCalls } from './answer-calls.ts'

let folder: string
let host: Host
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bh-aws-login-'))
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`)
  answerCalls({ GetConsoleOutput: () => ({ Output: Buffer.from('bakehouse: no agent\n').toString('base64') }) })
  host = {
    ...{ instanceId: 'i-1', transport: 'ssh', address: '203.0.113.7', port: 22, user: 'root', identityFile: '/k' },
    knownHostsFile: join(folder, 'known_hosts'),
  }
})
afterEach(() => {
  rmSync(folder, { recursive: true })
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

/** Waits for a login with an `ssh` that prints this line and fails. */
async function login(name: string, line: string) {
  writeFileSync(join(folder, 'ssh'), `#!/bin/sh\necho '${line}' >&2\nexit 255\n`)
  chmodSync(join(folder, 'ssh'), 0o755)
  const stage = name === 'base' ? 'base' : 'trial'
  const error: unknown = await requireLogin(host, { deadlineMs: 1_500, buildFolder: folder, stage, name }).catch(
    (thrown: unknown) => thrown,
  )
  const told = readFileSync(join(folder, 'events.jsonl'), 'utf8').trim().split('\n')
  return { error, told: told.map((text) => JSON.parse(text) as object) }
}

test('a refused login has a hint at another account, and the build is told of it meanwhile', async () => {
  const { error, told } = await login('base', 'root@203.0.113.7: Permission denied (publickey).')
  expect(error).toMatchObject({
    message: expect.stringMatching(/^SSH login to instance i-1 failed: ssh answers, and refuses the key of root: .*shows: no agent$/),
    hint: expect.stringContaining('login: {by: cloud-init, user: …}'),
  })
  expect(told).toEqual([{ type: 'task', phase: 'base', name: 'ssh answers, and refuses the key of root', at: expect.any(String) }])
})

test('an unanswered login has a hint at the network; a further trial is named', async () => {
  const { error, told } = await login('trial-2', 'ssh: connect to host 203.0.113.7 port 22: Connection timed out')
  expect(error).toMatchObject({ hint: expect.stringContaining('check aws.reach') })
  expect(told).toMatchObject([{ phase: 'trial', name: 'trial-2: its ssh port does not answer yet' }])
})
