import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runTool } from '../../core/exec.ts'
import type { Host } from '../../core/model.ts'
import { makeCertificate, packCertificate } from './certificate.ts'
import { renderWindowsUserData } from './user-data.ts'

/** What a machine is given before its first boot, and what it is recognised by at the first connection. */
export interface FirstLogin {
  /** EC2 user data. A key of the machine is in it: to Pulumi it is a secret. */
  readonly userData: string
  /** SSH: type and body of the machine's host key, for a line of known_hosts. */
  readonly hostKey?: string
  /** PSRP: SHA-1 of the listener's certificate. */
  readonly certificateThumbprint?: string
}

/**
 * Makes the pinned identity of a Windows machine and the user data that gives it to it. Kept beside the build's own key (0600),
 * and goes with it: asked a second time, the same machine is the same.
 */
export async function makeFirstLogin(spec: {
  readonly transport: Host['transport']
  readonly publicKey: string
  readonly identityFile: string
  /** Names the machine among those of one key: the resource's name. */
  readonly name: string
}): Promise<FirstLogin> {
  const file = `${spec.identityFile}.${spec.name}.json`
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as FirstLogin
  const made = spec.transport === 'ssh' ? await makeForSsh(spec.publicKey) : await makeForPsrp(spec.name)
  writeFileSync(file, JSON.stringify(made), { mode: 0o600 })
  return made
}

async function makeForSsh(publicKey: string): Promise<FirstLogin> {
  const folder = mkdtempSync(join(tmpdir(), 'bh-'))
  try {
    const file = join(folder, 'host-key')
    await runTool('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', file])
    const hostKey = readFileSync(`${file}.pub`, 'utf8').trim().split(' ').slice(0, 2).join(' ')
    return { userData: renderWindowsUserData({ transport: 'ssh', publicKey, hostKey: readFileSync(file, 'utf8') }), hostKey }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function makeForPsrp(name: string): Promise<FirstLogin> {
  const certificate = await makeCertificate(`bakehouse-${name}`)
  const pfxPassword = randomBytes(18).toString('base64url')
  const pfx = await packCertificate(certificate, pfxPassword)
  const { thumbprint } = certificate
  return { userData: renderWindowsUserData({ transport: 'psrp', pfx, pfxPassword, thumbprint }), certificateThumbprint: thumbprint }
}
