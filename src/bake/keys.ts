import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runTool } from '../core/exec.ts'
import type { Family } from '../family/family.ts'
import type { KeyPair } from '../graph/graph.ts'
import { buildFiles } from '../steps/request.ts'

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

/** The keys are worth nothing once their machines are gone. */
export async function removeKeys(buildFolder: string): Promise<void> {
  await rm(join(buildFolder, buildFiles.keys), { recursive: true, force: true })
}
