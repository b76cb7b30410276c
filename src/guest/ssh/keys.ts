import { readFileSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runTool } from '../../core/exec.ts'
import { buildFiles } from '../../model/build-folder.ts'
import type { Family } from '../../model/family.ts'
import type { KeyPair } from '../../model/host.ts'

/** Arguments of `ssh-keygen` by the machine's operating system: a cloud gives a Windows password out to an RSA key only, in PEM. */
const keyArguments: Readonly<Record<Family['os'], readonly string[]>> = {
  linux: ['-t', 'ed25519'],
  windows: ['-t', 'rsa', '-b', '4096', '-m', 'PEM'],
}

/** A new key pair for the machines of one stage; the private half is a file of mode 0600 in the build folder. */
export async function makeKeyPair(buildFolder: string, stage: 'base' | 'trial', os: Family['os'] = 'linux'): Promise<KeyPair> {
  const folder = join(buildFolder, buildFiles.keys)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const identityFile = join(folder, stage)
  await runTool('ssh-keygen', ['-q', ...keyArguments[os], '-N', '', '-C', `bakehouse-${stage}`, '-f', identityFile])
  return { identityFile, publicKey: (await readFile(`${identityFile}.pub`, 'utf8')).trim() }
}

/** The body of the public half of a key: what an authorized_keys line has in its middle. */
export function readPublicKey(identityFile: string): string {
  return readFileSync(`${identityFile}.pub`, 'utf8').split(' ')[1]?.trim() ?? ''
}
