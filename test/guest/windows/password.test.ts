import { constants, createPublicKey, generateKeyPairSync, publicEncrypt } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { MissingError, RejectedError } from '../../../src/core/errors.ts'
import { decryptPassword, waitForPassword } from '../../../src/guest/windows/password.ts'
import { configure } from '../../../src/steps/configure.ts'
import { seal } from '../../../src/steps/seal.ts'
import { verify } from '../../../src/steps/verify.ts'
import { filesWith, makeWindows } from '../../helpers/windows.ts'
import { withWsman } from '../../helpers/wsman.ts'

const canary = 'Canary-9;$(x)"\'Pa55'

function encrypt(password: string, identityFile: string): string {
  const key = createPublicKey(readFileSync(identityFile))
  return publicEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(password)).toString('base64')
}

describe('the administrator’s password', () => {
  it('is decrypted with the key of the build', () => {
    using windows = makeWindows('configure')
    expect(decryptPassword(`\n${encrypt(canary, windows.host.identityFile)}\n`, windows.host.identityFile)).toBe(canary)
  })

  it('is requested repeatedly until the cloud has it', async () => {
    using windows = makeWindows('configure')
    const answers = [undefined, '', encrypt(canary, windows.host.identityFile)]
    const findPasswordData = async (): Promise<string | undefined> => answers.shift()
    const context = { ...windows.context, loadPasswordSource: async () => findPasswordData }
    expect(await waitForPassword(context, windows.host, { deadlineMs: 5_000, intervalMs: 1 })).toBe(canary)
  })

  it('is the secret of the family, if it has one', async () => {
    using windows = makeWindows('configure', {
      family: { configure: { secrets: { ansible_password: { env: 'WINDOWS_PASSWORD' } } } },
      env: { WINDOWS_PASSWORD: canary },
    })
    expect(await waitForPassword(windows.context, windows.host, { deadlineMs: 1 })).toBe(canary)
  })

  it('is an error with a hint if neither the family nor the cloud provides it', async () => {
    using windows = makeWindows('configure')
    const thrown = await waitForPassword(windows.context, windows.host, { deadlineMs: 1 }).catch((error: unknown) => error)
    expect(thrown).toBeInstanceOf(MissingError)
    expect((thrown as MissingError).hint).toContain('ansible_password')
  })

  it('fails after the deadline', async () => {
    using windows = makeWindows('configure')
    const context = { ...windows.context, loadPasswordSource: async () => async () => undefined }
    await expect(waitForPassword(context, windows.host, { deadlineMs: 5, intervalMs: 1 })).rejects.toThrow(/has no administrator password/)
  })

  it.each([
    ['a key of another kind', generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
    ['a file that is not a key', 'nothing'],
  ])('cannot be decrypted with %s, and the error says so', (_what, pem) => {
    using windows = makeWindows('configure')
    const data = encrypt(canary, windows.host.identityFile)
    writeFileSync(windows.host.identityFile, pem)
    expect(() => decryptPassword(data, windows.host.identityFile)).toThrow(RejectedError)
  })
})

describe('with PowerShell remoting, the password', () => {
  const wsman = withWsman()
  const open = (step: 'configure' | 'seal' | 'verify', thumbprint = wsman.certificate.thumbprint) =>
    makeWindows(step, {
      family: {
        login: { by: 'password', transport: 'psrp', user: 'Administrator', timeout: '60s' },
        configure: { strategy: 'linear', secrets: { ansible_password: { env: 'WINDOWS_PASSWORD' } } },
        verify: { suites: [{ pester: 'verify/base.Tests.ps1' }] },
      },
      host: { transport: 'psrp', port: wsman.port, certificateThumbprint: thumbprint },
      env: { WINDOWS_PASSWORD: canary },
    })

  it('is passed to the playbook in a 0600 file that is deleted afterwards, never as an argument', async () => {
    using windows = open('configure')
    windows.answer('identity/outcome.json', { rc: 0, stdout: 'machine-id S-1-5-21-1-2-3\r\n', stderr: '' })
    await configure(windows.context)
    const [identity, playbook] = windows.calls()
    expect(identity?.kind).toBe('identity')
    expect(playbook?.variables.ansible_password).toBe(canary)
    expect(playbook?.mode).toBe('600')
    expect(playbook?.args.join(' ')).not.toContain('Canary')
    expect(JSON.stringify(playbook?.inventory)).not.toContain('Canary')
    expect(existsSync(playbook?.variablesFile ?? '')).toBe(false)
    expect(filesWith(windows.build, 'Canary-9')).toEqual([])
    expect(readFileSync(`${windows.build}/logs/configure.log`, 'utf8')).toContain('the password is [redacted]')
  })

  it('goes through the local TLS proxy, whose certificate is the only trusted one', async () => {
    using windows = open('configure')
    windows.answer('identity/outcome.json', { rc: 0, stdout: 'machine-id S-1-5-21-1-2-3\n', stderr: '' })
    await configure(windows.context)
    const host = windows.calls().at(-1)?.inventory.all.hosts.win
    expect(host).toMatchObject({
      ansible_connection: 'psrp',
      ansible_host: '127.0.0.1',
      ansible_psrp_cert_validation: 'validate',
      ansible_psrp_protocol: 'https',
    })
    expect(readFileSync(String(host?.ansible_psrp_ca_cert), 'utf8')).toContain('BEGIN CERTIFICATE')
  })

  it('is redacted in the message of a failed task', async () => {
    using windows = open('configure')
    windows.answer('identity/outcome.json', { rc: 0, stdout: 'machine-id S-1\n', stderr: '' })
    windows.answer('playbook-fails', '')
    const answer = await configure(windows.context)
    expect(answer).toMatchObject({ status: 'failed', cause: expect.stringContaining("task 'Install updates' failed: 0x80240022") })
    expect(filesWith(windows.build, 'Canary-9')).toEqual([])
  })

  it.each(['seal', 'verify'] as const)('is in no file of the step %s', async (step) => {
    using windows = open(step)
    windows.answer('unreachable', '')
    await (step === 'seal' ? seal : verify)(windows.context).catch(() => {})
    expect(windows.calls()[0]?.variables.ansible_password).toBe(canary)
    expect(filesWith(windows.build, 'Canary-9')).toEqual([])
  })

  it('is not requested if the machine has another certificate', async () => {
    using windows = open('configure', 'AB'.repeat(20))
    await expect(configure(windows.context)).rejects.toThrow(/presents a certificate with the thumbprint/)
    expect(() => windows.calls()).toThrow(/ENOENT/)
  })
})
