import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runTool } from '../core/exec.ts'
import type { KeyPair } from '../graph/graph.ts'
import { buildFiles } from '../steps/request.ts'

/** A new ed25519 key pair for the machines of one stage; the private half is a file of mode 0600 in the build folder. */
export async function makeKeyPair(buildFolder: string, stage: 'base' | 'trial'): Promise<KeyPair> {
  const folder = join(buildFolder, buildFiles.keys)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const identityFile = join(folder, stage)
  await runTool('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', `bakehouse-${stage}`, '-f', identityFile])
  return { identityFile, publicKey: (await readFile(`${identityFile}.pub`, 'utf8')).trim() }
}

/** The keys are worth nothing once their machines are gone. */
export async function removeKeys(buildFolder: string): Promise<void> {
  await rm(join(buildFolder, buildFiles.keys), { recursive: true, force: true })
}
