import { execFileSync, spawnSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { renderWindowsUserData } from '../../../src/cloud/aws/windows-user-data.ts'
import { quotePowerShell } from '../../../src/core/quote.ts'
import { makeCertificate, packCertificate } from '../../../src/guest/psrp/certificate.ts'
import { makeKeyPair } from '../../../src/guest/ssh/keys.ts'

const folder = mkdtempSync(join(tmpdir(), 'bh-'))
const publicKey = 'ssh-rsa AAAATRIAL bakehouse'
/** The variables of a script that are in base64, decoded. */
const variables = (userData: string): Record<string, string> =>
  Object.fromEntries(
    [...userData.matchAll(/^\$(\w+) = '([^']*)'/gm)].map(([, name, text]) => [name, Buffer.from(text ?? '', 'base64').toString()]),
  )

/** The algorithms of a PKCS #12 file. */
function readCiphers(file: string, password: string): string[] {
  const { stderr } = spawnSync('openssl', ['pkcs12', '-in', file, '-info', '-noout', '-passin', `pass:${password}`], { encoding: 'utf8' })
  return [...new Set([...stderr.matchAll(/MAC: (\w+)|(pbe[\w-]+|PBES2)/g)].map(([, mac, cipher]) => mac ?? cipher ?? ''))]
}

describe('user data of a Windows machine', () => {
  it('configures sshd with the pinned host key and the key of the build, without passwords', () => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', join(folder, 'made')])
    const hostKey = readFileSync(join(folder, 'made'), 'utf8')
    const files = variables(renderWindowsUserData({ transport: 'ssh', publicKey, hostKey }))
    expect(files.PublicKey).toBe(`${publicKey}\n`)
    expect(files.SshdConfig).toContain('PasswordAuthentication no')
    expect(files.SshdConfig, 'the group of the administrators has another name in other languages').not.toContain('Match')
    writeFileSync(join(folder, 'host'), files.HostKey ?? '', { mode: 0o600 })
    const own = execFileSync('ssh-keygen', ['-y', '-f', join(folder, 'host')], { encoding: 'utf8' }).trim()
    expect(readFileSync(join(folder, 'made.pub'), 'utf8')).toContain(own.split(' ')[1])
  })

  it('configures WinRM with the pinned certificate, without Basic authentication and clear text', async () => {
    const made = await makeCertificate('test')
    const { thumbprint } = made
    const userData = renderWindowsUserData({
      transport: 'psrp',
      pfx: await packCertificate(made, 'pass-1'),
      pfxPassword: 'pass-1',
      thumbprint,
    })
    const [, pfx = ''] = /^\$Pfx = '([^']+)'/m.exec(userData) ?? []
    const [, password = ''] = /^\$PfxPassword = '([^']+)'/m.exec(userData) ?? []
    writeFileSync(join(folder, 'p.pfx'), Buffer.from(pfx, 'base64'))
    const pem = execFileSync('openssl', ['pkcs12', '-in', join(folder, 'p.pfx'), '-nodes', '-passin', `pass:${password}`], {
      encoding: 'utf8',
    })
    const certificate = new X509Certificate(/-----BEGIN CERTIFICATE[\s\S]*?END CERTIFICATE-----/.exec(pem)?.[0] ?? '')
    expect(certificate.fingerprint.replaceAll(':', '')).toBe(thumbprint)
    expect(certificate.subject).toBe('CN=bakehouse-test')
    expect(certificate.checkPrivateKey(createPrivateKey(/-----BEGIN PRIVATE KEY[\s\S]*?END PRIVATE KEY-----/.exec(pem)?.[0] ?? ''))).toBe(
      true,
    )
    expect(readCiphers(join(folder, 'p.pfx'), password), 'what Windows Server 2016 reads').toEqual([
      'sha1',
      'pbeWithSHA1And3-KeyTripleDES-CBC',
    ])
    expect(userData).toContain(`$Thumbprint = '${thumbprint}'`)
    expect(Buffer.byteLength(userData), 'what EC2 takes').toBeLessThan(16_384)
  })

  it('runs once, and has Windows line ends', () => {
    const userData = renderWindowsUserData({ transport: 'ssh', publicKey, hostKey: 'h' })
    expect(userData).toMatch(/^<powershell>\r\n[\s\S]*<\/powershell>\r\n<persist>false<\/persist>\r\n$/)
    expect(userData.replaceAll('\r\n', '')).not.toContain('\n')
  })

  it.each([
    ["a'b", "'a''b'"],
    ['$(x) `y', "'$(x) `y'"],
    ['’', "'’’'"],
  ])('PowerShell does not expand %s', (text, quoted) => {
    expect(quotePowerShell(text)).toBe(quoted)
  })
})

describe('the key pair of a Windows machine', () => {
  it('is RSA in PEM, because EC2 encrypts the password only with such a key', async () => {
    const { identityFile, publicKey } = await makeKeyPair(folder, 'base', 'rsa-pem')
    expect(publicKey).toMatch(/^ssh-rsa /)
    expect(createPrivateKey(readFileSync(identityFile)).asymmetricKeyDetails?.modulusLength).toBe(4096)
    rmSync(folder, { recursive: true, force: true })
    // Generating a 2048-bit key takes long on a busy computer.
  }, 120_000)
})
