import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildFiles } from '../model/build-folder.ts'

/** Identifiers of a machine that must be different on each machine, also on machines from the same image. */
export interface Identity {
  /** The text of `/etc/machine-id`; on Windows, the machine's part of SIDs. */
  readonly machineId: string
  /** Fingerprints of the SSH host keys, as `ssh-keygen -l` prints them: `SHA256:…`, sorted. Empty on Windows. */
  readonly hostKeys: readonly string[]
  /** `<SHA-256> <path>` of each file with the identity of a service. Only the hygiene checks of Linux read these files. */
  readonly serviceFiles?: readonly string[]
}

/** More files are ignored: the guest is not trusted. */
const mostServiceFiles = 200

/** Parses an identity from lines `machine-id …`, `host-key …` and `service-identity <SHA-256>  <path>`. */
export function parseIdentity(text: string): Identity {
  const lines = text.split('\n').map((line) => line.split(' '))
  const services = [...text.matchAll(/^service-identity ([0-9a-f]{64}) {2}(\/\S+)$/gm)].slice(0, mostServiceFiles)
  return {
    ...(services.length > 0 ? { serviceFiles: services.map(([, sum, path]) => `${sum} ${path}`) } : {}),
    machineId: lines.find(([key]) => key === 'machine-id')?.[1] ?? '',
    hostKeys: lines
      .filter(([key]) => key === 'host-key')
      .map(([, , blob = '']) => `SHA256:${createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64').replace(/=+$/, '')}`)
      .sort(),
  }
}

/** Adds the host keys that the machine presents to its identity. They may be missing in the output of the machine. */
export function addHostKeys(identity: Identity, presented: readonly string[]): Identity {
  return { ...identity, hostKeys: [...new Set([...identity.hostKeys, ...presented])].sort() }
}

/** The identity of the base machine, which configure has written to the build folder; undefined if there is none. */
export function findBaseIdentity(buildFolder: string): Identity | undefined {
  try {
    return JSON.parse(readFileSync(join(buildFolder, buildFiles.baseIdentity), 'utf8')) as Identity
  } catch {
    return undefined
  }
}
