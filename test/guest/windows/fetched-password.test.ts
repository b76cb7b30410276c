import { constants, createPublicKey, publicEncrypt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { run } from '../../../src/core/exec.ts'
import { motoEnvironment } from '../../aws/moto.ts'
import { type FakeWindows, filesWith, holds, makeWindows } from '../../helpers/windows.ts'
import { withWsman } from '../../helpers/wsman.ts'

const canary = 'Canary-9;$(x)"\'Pa55'
const runner = join(import.meta.dirname, '../../../src/steps/run.ts')

/** An API that answers like EC2 with a password, encrypted with the key of the build. */
const api = createServer((request, response) => {
  let body = ''
  request.on('data', (piece: Buffer) => {
    body += piece.toString()
  })
  request.on('end', () => {
    asked.push(/Action=(\w+)/.exec(body)?.[1] ?? '')
    const data = publicEncrypt(
      { key: createPublicKey(readFileSync(identityFile)), padding: constants.RSA_PKCS1_PADDING },
      Buffer.from(canary),
    )
    response.end(`<GetPasswordDataResponse><passwordData>${data.toString('base64')}</passwordData></GetPasswordDataResponse>`)
  })
})
const asked: string[] = []
let identityFile = ''
const wsman = withWsman()
const portOf = (server: typeof api): number => (server.address() as AddressInfo).port

beforeAll(() => new Promise<void>((done) => void api.listen(0, '127.0.0.1', done)))
afterAll(() => void api.close())

function open(step: 'configure' | 'seal' | 'verify'): FakeWindows {
  const windows = makeWindows(step, {
    cloud: 'aws',
    family: {
      login: { by: 'password', transport: 'psrp', user: 'Administrator', timeout: '60s' },
      verify: { suites: [{ pester: 'verify/base.Tests.ps1' }] },
    },
    host: { transport: 'psrp', port: wsman.port, certificateThumbprint: wsman.certificate.thumbprint },
    env: motoEnvironment(`http://127.0.0.1:${portOf(api)}`),
  })
  identityFile = windows.host.identityFile
  return windows
}

describe('a password from the cloud is known only to the step', () => {
  it.each([
    ['configure', 'playbook-fails', "task 'Install updates' failed: 0x80240022 [redacted] [redacted]"],
    ['configure', 'unreachable', 'no route to host [redacted]'],
    ['seal', 'unreachable', 'no route to host [redacted]'],
    ['verify', 'unreachable', 'no route to host [redacted]'],
  ] as const)('%s, ended by %s: the reason is told, without it', async (step, ending, why) => {
    using windows = open(step)
    windows.answer('identity/outcome.json', { rc: 0, stdout: 'machine-id S-1-5-21-1-2-3\n', stderr: '' })
    windows.answer(ending, '')
    const { stdout, stderr, exitCode } = await run(process.execPath, [runner, step, windows.build])
    expect(exitCode).toBe(10)
    expect(JSON.parse(stdout).cause).toContain(why)
    expect(windows.calls().at(-1)?.variables.ansible_password, 'it was given to Ansible').toBe(canary)
    expect(asked.at(-1)).toBe('GetPasswordData')
    expect(holds(stdout + stderr, canary), 'nor in what is printed').toBe(false)
    expect(filesWith(windows.build, canary)).toEqual([])
    expect(readFileSync(join(windows.build, `logs/${step}.log`), 'utf8')).toContain('powershell -EncodedCommand')
  })
})

test.each([
  ['plain', canary],
  ['JSON', JSON.stringify({ canary })],
  ['a URL', `?p=${encodeURIComponent(canary)}&x`],
  ['base64', Buffer.from(`Administrator:${canary}!`).toString('base64')],
  ['an encoded command', Buffer.from(`net user x ${canary}; exit`, 'utf16le').toString('base64')],
  ['UTF-16', Buffer.from(`ab${canary}`, 'utf16le').toString('latin1')],
])('the search of these tests would find a password as %s', (_form, text) => {
  expect(holds(`before ${text} after`, canary)).toBe(true)
  expect(holds(`before ${text} after`, 'Another-Pa55')).toBe(false)
})
