import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { makeSshKey, type SshKeyKind } from '../../core/ssh-key.ts'
import { buildFiles } from '../../model/build-folder.ts'
import type { KeyPair } from '../../model/host.ts'

/** Makes a key pair for the machines of a stage. The private key is a file in the build folder, with mode 0600. */
export async function makeKeyPair(buildFolder: string, stage: 'base' | 'trial', kind: SshKeyKind = 'ed25519'): Promise<KeyPair> {
  const folder = join(buildFolder, buildFiles.keys)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const { file, publicKey } = await makeSshKey(join(folder, stage), { kind, comment: `bakehouse-${stage}` })
  return { identityFile: file, publicKey }
}

/** The base64 part of a public key: the second field of its line in authorized_keys. */
export function readPublicKey(identityFile: string): string {
  return readFileSync(`${identityFile}.pub`, 'utf8').split(' ')[1]?.trim() ?? ''
}
