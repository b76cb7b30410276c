import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { runTool } from './exec.ts'

/** Kinds of SSH keys. */
export type SshKeyKind = 'ed25519' | 'ecdsa' | 'rsa-pem'

/** Arguments of `ssh-keygen` for each kind. The default format is that of OpenSSH; Node can decrypt only with RSA keys in PEM. */
const kindArguments: Readonly<Record<SshKeyKind, readonly string[]>> = {
  ed25519: ['-t', 'ed25519'],
  ecdsa: ['-t', 'ecdsa'],
  'rsa-pem': ['-t', 'rsa', '-b', '4096', '-m', 'PEM'],
}

/** A new key pair. */
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

/** The files of the private keys with which the build logs in: the given one, and the second key beside it, if there is one. */
export function identityFilesOf(identityFile: string): string[] {
  return [identityFile, secondKeyFile(identityFile)].filter((file, index) => index === 0 || existsSync(file))
}

/** The file of the second private key beside the first one. */
export function secondKeyFile(identityFile: string): string {
  return `${identityFile}-ecdsa`
}
