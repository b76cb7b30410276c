import { readFile } from 'node:fs/promises'
import { runTool } from './exec.ts'

export type SshKeyKind = 'ed25519' | 'ecdsa' | 'rsa-pem'

/** Arguments of `ssh-keygen` for each kind. OpenSSH's own format is the default; some receivers take RSA in PEM only. */
const kindArguments: Readonly<Record<SshKeyKind, readonly string[]>> = {
  ed25519: ['-t', 'ed25519'],
  ecdsa: ['-t', 'ecdsa'],
  'rsa-pem': ['-t', 'rsa', '-b', '4096', '-m', 'PEM'],
}

export interface SshKey {
  /** File of the private key, mode 0600. The public key is in `<file>.pub`. */
  readonly file: string
  /** The public key, one line as in authorized_keys. */
  readonly publicKey: string
}

/** Makes an SSH key pair without a passphrase. The file must not exist. */
export async function makeSshKey(
  file: string,
  { kind = 'ed25519', comment = '' }: { kind?: SshKeyKind; comment?: string } = {},
): Promise<SshKey> {
  await runTool('ssh-keygen', ['-q', ...kindArguments[kind], '-N', '', '-C', comment, '-f', file])
  return { file, publicKey: (await readFile(`${file}.pub`, 'utf8')).trim() }
}
