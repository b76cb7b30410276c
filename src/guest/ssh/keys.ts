import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { identityFilesOf, makeSshKey, type SshKeyKind, secondKeyFile } from '../../core/ssh-key.ts'
import { buildFiles } from '../../model/build-folder.ts'
import type { KeyPair } from '../../model/host.ts'

/**
 * Makes a key pair for the machines of a stage. The private key is a file in the build folder, with mode 0600. Beside an Ed25519 key it
 * makes an ECDSA key, because machines in FIPS mode refuse Ed25519; then the public key has two lines.
 */
export async function makeKeyPair(buildFolder: string, stage: 'base' | 'trial', kind: SshKeyKind = 'ed25519'): Promise<KeyPair> {
  const folder = join(buildFolder, buildFiles.keys)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const { file, publicKey } = await makeSshKey(join(folder, stage), { kind, comment: `bakehouse-${stage}` })
  if (kind !== 'ed25519') return { identityFile: file, publicKey }
  const second = await makeSshKey(secondKeyFile(file), { kind: 'ecdsa', comment: `bakehouse-${stage}` })
  return { identityFile: file, publicKey: `${publicKey}\n${second.publicKey}` }
}

/** The base64 parts of the public keys, one a line: the second field of each line in authorized_keys. */
export function readPublicKey(identityFile: string): string {
  return identityFilesOf(identityFile)
    .map((file) => readFileSync(`${file}.pub`, 'utf8').split(' ')[1]?.trim() ?? '')
    .join('\n')
}
