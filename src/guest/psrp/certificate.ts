import { X509Certificate } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MissingError } from '../../core/errors.ts'
import { runTool } from '../../core/exec.ts'

/** A self-signed certificate, its key and its thumbprint. */
export interface Certificate {
  /** PEM. */
  readonly certificate: string
  /** PEM. */
  readonly key: string
  /** SHA-1, 40 upper-case hexadecimal digits, as Windows writes it. */
  readonly thumbprint: string
}

/** Validity of a certificate in days: longer than any build, shorter than the use of an image. */
const days = 7

/**
 * Makes a key and a self-signed certificate. Clients compare its thumbprint, which they know before the first connection. Its common name
 * is `bakehouse-<name>`, so that sealing finds and removes it. It is also valid for 127.0.0.1.
 */
export async function makeCertificate(name: string): Promise<Certificate> {
  const folder = mkdtempSync(join(tmpdir(), 'bh-'))
  try {
    const files = { key: join(folder, 'key.pem'), certificate: join(folder, 'certificate.pem') }
    await openssl(certificateArguments({ name: `bakehouse-${name}`, ...files }))
    const certificate = readFileSync(files.certificate, 'utf8')
    return { certificate, key: readFileSync(files.key, 'utf8'), thumbprint: thumbprintOf(certificate) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Arguments of `openssl` for a key and a self-signed certificate of a TLS server. */
export function certificateArguments(spec: { readonly name: string; readonly key: string; readonly certificate: string }): string[] {
  const extensions = [
    `subjectAltName=DNS:${spec.name},DNS:localhost,IP:127.0.0.1`,
    'basicConstraints=critical,CA:TRUE,pathlen:0',
    'keyUsage=critical,digitalSignature,keyEncipherment,keyCertSign',
    'extendedKeyUsage=serverAuth',
  ]
  return [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-sha256', '-nodes', '-days', String(days), '-subj', `/CN=${spec.name}`],
    ...extensions.flatMap((extension) => ['-addext', extension]),
    ...['-keyout', spec.key, '-out', spec.certificate],
  ]
}

/** Certificate and key as PKCS #12 in base64: Windows imports both in this form. */
export async function packCertificate({ certificate, key }: Certificate, password: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'bh-'))
  const out = join(folder, 'certificate.pfx')
  try {
    // The password is passed in the environment: every user of this computer can read arguments.
    await runTool('openssl', ['pkcs12', '-export', ...oldCiphers, '-passout', 'env:BAKEHOUSE_PFX', '-out', out], {
      env: { BAKEHOUSE_PFX: password },
      input: key + certificate,
    })
    return readFileSync(out).toString('base64')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The defaults of OpenSSL 3 are refused by Windows Server 2016. The user data holds both the file and its password, so a stronger cipher protects nothing. */
const oldCiphers = ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1']

/** SHA-1 of a certificate (PEM or DER), 40 upper-case hexadecimal digits. */
function thumbprintOf(certificate: string | Buffer): string {
  return normaliseThumbprint(new X509Certificate(certificate).fingerprint)
}

/** A thumbprint without colons and blanks, in upper case. */
export function normaliseThumbprint(text: string): string {
  return text.replace(/[^0-9a-f]/gi, '').toUpperCase()
}

async function openssl(args: readonly string[]): Promise<void> {
  try {
    await runTool('openssl', args)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
    throw new MissingError('openssl is not installed: it makes the certificate of the Windows machine', {
      hint: existsSync('/etc/debian_version') ? 'apt-get install openssl' : 'install OpenSSL',
      cause,
    })
  }
}
