import { join } from 'node:path'
import { consoleScript } from '../../guest/powershell/console.ts'
import { renderScripts } from '../../guest/powershell/script.ts'

/** Input of the user data of a Windows machine: the keys with which the build logs in and verifies the machine. */
export type WindowsUserDataSpec =
  | {
      readonly transport: 'ssh'
      /** The authorized key, one line. */
      readonly publicKey: string
      /** The private host key of the machine (ed25519, in the format of OpenSSH). */
      readonly hostKey: string
    }
  | {
      readonly transport: 'psrp'
      /** PKCS #12 in base64: the certificate and its key. */
      readonly pfx: string
      readonly pfxPassword: string
      /** SHA-1 of the certificate, 40 hexadecimal digits. */
      readonly thumbprint: string
    }

/**
 * EC2 user data for EC2Launch v1 and v2: a PowerShell script that runs once, as SYSTEM. It stores the previous settings in the registry, and
 * sealing restores them. It contains a key of the machine: pass it to Pulumi as a secret. The key has no use after the machine is deleted.
 */
export function renderWindowsUserData(spec: WindowsUserDataSpec): string {
  const script = spec.transport === 'ssh' ? renderSsh(spec) : renderPsrp(spec)
  const text = ['<powershell>', withoutComments(script), '</powershell>', '<persist>false</persist>', '']
  return text.join('\n').replace(/\r?\n/g, '\r\n')
}

function renderSsh({ publicKey, hostKey }: Extract<WindowsUserDataSpec, { transport: 'ssh' }>): string {
  const [HostKey, PublicKey, SshdConfig] = [ensureNewline(hostKey), ensureNewline(publicKey.trim()), sshdConfig].map(base64)
  return renderScripts([consoleScript, ...scripts('before', 'ssh')], { HostKey, PublicKey, SshdConfig })
}

function renderPsrp({ pfx, pfxPassword, thumbprint }: Extract<WindowsUserDataSpec, { transport: 'psrp' }>): string {
  return renderScripts([consoleScript, ...scripts('before', 'psrp')], { Pfx: pfx, PfxPassword: pfxPassword, Thumbprint: thumbprint })
}

function scripts(...names: string[]): string[] {
  return names.map((name) => join(import.meta.dirname, 'user-data', `${name}.ps1`))
}

/** EC2 accepts 16 KB of user data. */
function withoutComments(script: string): string {
  return script.replace(/^\s*#.*\n/gm, '')
}

/**
 * Login with keys only, one host key. The keys of administrators are in a separate file. There is no `Match Group`, because the name of the
 * administrators' group depends on the language of the machine.
 */
const sshdConfig = [
  '# Written by Bakehouse for its build',
  'HostKey __PROGRAMDATA__/ssh/ssh_host_ed25519_key',
  'PubkeyAuthentication yes',
  'PasswordAuthentication no',
  'KbdInteractiveAuthentication no',
  'Subsystem sftp sftp-server.exe',
  'AuthorizedKeysFile __PROGRAMDATA__/ssh/administrators_authorized_keys',
  '',
].join('\n')

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

function ensureNewline(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`
}
