import { execFileSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeKeyPair } from '../../../src/bake/keys.ts'
import { makeFirstLogin } from '../../../src/steps/windows/first-login.ts'
import { quotePowerShell, renderWindowsUserData } from '../../../src/steps/windows/user-data.ts'

const folder = mkdtempSync(join(tmpdir(), 'bh-'))
const key = { publicKey: 'ssh-rsa AAAATRIAL bakehouse', identityFile: join(folder, 'trial') }
/** The files that a script writes from base64, by name. */
const written = (userData: string): Record<string, string> =>
  Object.fromEntries(
    [...userData.matchAll(/Write-Private "\$ssh\\(\w+)" '([^']*)'/g)].map(([, name, text]) => [
      name,
      Buffer.from(text ?? '', 'base64').toString(),
    ]),
  )

describe('user data of a Windows machine', () => {
  it('gives sshd the pinned host key and the build’s key, and takes no passwords', async () => {
    const { userData, hostKey } = await makeFirstLogin({ ...key, transport: 'ssh', name: 'base' })
    const files = written(userData)
    expect(files.administrators_authorized_keys).toBe(`${key.publicKey}\n`)
    expect(files.sshd_config).toContain('PasswordAuthentication no')
    writeFileSync(join(folder, 'host'), files.ssh_host_ed25519_key ?? '', { mode: 0o600 })
    const own = execFileSync('ssh-keygen', ['-y', '-f', join(folder, 'host')], { encoding: 'utf8' }).trim()
    expect(own).toContain(hostKey)
  })

  it('gives WinRM the pinned certificate, and leaves Basic and clear text off', async () => {
    const { userData, certificateThumbprint = '' } = await makeFirstLogin({ ...key, transport: 'psrp', name: 'psrp' })
    const [, pfx = '', password = ''] = /FromBase64String\('([^']+)'\)[\s\S]*X509Certificate2\(\$bytes, '([^']+)'/.exec(userData) ?? []
    writeFileSync(join(folder, 'p.pfx'), Buffer.from(pfx, 'base64'))
    const pem = execFileSync('openssl', ['pkcs12', '-in', join(folder, 'p.pfx'), '-nodes', '-passin', `pass:${password}`], {
      encoding: 'utf8',
    })
    const certificate = new X509Certificate(/-----BEGIN CERTIFICATE[\s\S]*?END CERTIFICATE-----/.exec(pem)?.[0] ?? '')
    expect(certificate.fingerprint.replaceAll(':', '')).toBe(certificateThumbprint)
    expect(certificate.checkPrivateKey(createPrivateKey(/-----BEGIN PRIVATE KEY[\s\S]*?END PRIVATE KEY-----/.exec(pem)?.[0] ?? ''))).toBe(
      true,
    )
    expect(userData).toContain(`-CertificateThumbPrint '${certificateThumbprint}'`)
    expect(userData).toContain("AllowUnencrypted -Value 'false'")
    expect(userData).toContain("Auth\\Basic -Value 'false'")
  })

  it('is what EC2 runs, once, and takes: at most 16 KiB, Windows line ends', async () => {
    for (const transport of ['ssh', 'psrp'] as const) {
      const { userData } = await makeFirstLogin({ ...key, transport, name: `size-${transport}` })
      expect(userData).toMatch(/^<powershell>\r\n[\s\S]*<\/powershell>\r\n<persist>false<\/persist>\r\n$/)
      expect(Buffer.byteLength(userData)).toBeLessThan(16_384)
      expect(userData.replaceAll('\r\n', '')).not.toContain('\n')
    }
  })

  it('is the same when it is asked for again, in a file of 0600', async () => {
    const first = await makeFirstLogin({ ...key, transport: 'ssh', name: 'again' })
    expect(await makeFirstLogin({ ...key, transport: 'ssh', name: 'again' })).toEqual(first)
    expect(statSync(`${key.identityFile}.again.json`).mode & 0o777).toBe(0o600)
  })

  it.each([
    ["a'b", "'a''b'"],
    ['$(x) `y', "'$(x) `y'"],
    ['’', "'’’'"],
  ])('expands nothing in %s', (text, quoted) => {
    expect(quotePowerShell(text)).toBe(quoted)
  })

  it('gives the service the start back that it had', () => {
    const text = renderWindowsUserData({ transport: 'ssh', publicKey: 'k', hostKey: 'h' })
    expect(text).toContain("-Path 'HKLM:\\SOFTWARE\\Bakehouse' -Name SshdStart")
    expect(readFileSync(join(import.meta.dirname, '../../../src/steps/seal/windows-seal.ps1'), 'utf8')).toContain('SshdStart')
  })
})

describe('the key pair of a Windows machine', () => {
  it('is RSA in PEM, as a cloud encrypts the password to nothing else', async () => {
    const { identityFile, publicKey } = await makeKeyPair(folder, 'base', 'windows')
    expect(publicKey).toMatch(/^ssh-rsa /)
    expect(createPrivateKey(readFileSync(identityFile)).asymmetricKeyDetails?.modulusLength).toBe(4096)
    rmSync(folder, { recursive: true, force: true })
  })
})
