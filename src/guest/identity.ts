import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { BuildFailed } from '../core/errors.ts'
import { lastLine } from '../core/exec.ts'
import { buildFiles } from '../model/build-folder.ts'
import { type Connection, runInGuest } from './ssh/ssh.ts'

/** What makes a machine that one: two machines of one image must differ in all of it. */
export interface Identity {
  readonly machineId: string
  /** Fingerprints as `ssh-keygen -l` writes them: `SHA256:…`, sorted. */
  readonly hostKeys: readonly string[]
}

/** Prints an identity, one `key value` a line. */
export const identityScript = `
echo "machine-id $(cat /etc/machine-id 2>/dev/null)"
for key in /etc/ssh/ssh_host_*_key.pub; do [ -f "$key" ] && echo "host-key $(cat "$key")"; done
true`

/** The identity of a running guest. */
export async function readIdentity(connection: Connection, signal: AbortSignal): Promise<Identity> {
  const result = await runInGuest(connection, identityScript, { signal, timeoutMs: 60_000 })
  if (result.exitCode !== 0) throw new BuildFailed(`the machine does not say who it is: ${lastLine(result)}`)
  return parseIdentity(result.stdout)
}

/** An identity from what the script printed. */
export function parseIdentity(text: string): Identity {
  const lines = text.split('\n').map((line) => line.split(' '))
  return {
    machineId: lines.find(([key]) => key === 'machine-id')?.[1] ?? '',
    hostKeys: lines
      .filter(([key]) => key === 'host-key')
      .map(([, , blob = '']) => `SHA256:${createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64').replace(/=+$/, '')}`)
      .sort(),
  }
}

/** The base's identity as configure wrote it down; undefined when it did not. */
export function findBaseIdentity(buildFolder: string): Identity | undefined {
  try {
    return JSON.parse(readFileSync(join(buildFolder, buildFiles.baseIdentity), 'utf8')) as Identity
  } catch {
    return undefined
  }
}
