import { run } from '../../core/exec.ts'
import type { Host } from '../../model/host.ts'
import { sshArguments } from './options.ts'
import type { Connection } from './ssh.ts'

/** The kinds of host keys. A machine presents the kind that the client requests. */
const kinds = ['ssh-ed25519', 'ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521', 'rsa-sha2-512,rsa-sha2-256']

/**
 * Reads the fingerprints of the host keys that a machine presents. Each is read from a key exchange without a login, and not from the
 * output of the machine.
 */
export async function readPresentedKeys({ host }: Connection, signal: AbortSignal): Promise<string[]> {
  const exchanges = kinds.map((kind) => run('ssh', exchangeArguments(host, kind), { signal, timeoutMs: 60_000, longestOutput: 1_000_000 }))
  return (await Promise.all(exchanges)).flatMap(({ stderr }) => parsePresentedKey(stderr) ?? [])
}

/** Arguments of `ssh` for a key exchange that prints a host key and fails, because no key is known. `ssh` uses the first of equal options. */
export function exchangeArguments(host: Host, kind: string): string[] {
  const first = { HostKeyAlgorithms: kind, UserKnownHostsFile: '/dev/null', LogLevel: 'DEBUG1' }
  const options = Object.entries(first).flatMap(([key, value]) => ['-o', `${key}=${value}`])
  return [...options, ...sshArguments(host, { isDirect: true }), host.address, 'exit 0']
}

/** Finds the fingerprint in the messages of `ssh`: `SHA256:…`. Text of the machine cannot begin such a line. */
export function parsePresentedKey(messages: string): string | undefined {
  return /^debug1: Server host key: \S+ (SHA256:[\w+/]+)\r?$/m.exec(messages)?.[1]
}
