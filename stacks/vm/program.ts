import type { Output } from '@pulumi/pulumi'
import { Instance } from '../../src/cloud/local/resources.ts'
import type { Host } from '../../src/model/host.ts'
import type { Tags } from '../../src/model/tags.ts'
import { latestGood } from '../../src/pulumi.ts'

/** Settings of a machine. */
export interface VmSpec {
  readonly family: string
  /** MiB. */
  readonly memory: number
  readonly user: string
  /** The authorized key, one line. */
  readonly publicKey: string
  /** Its private key. Creating the machine ends with a login. */
  readonly identityFile: string
  /** The known_hosts file. Each machine has new host keys. */
  readonly knownHostsFile: string
}

/** Outputs of the program. */
export interface VmOutputs {
  readonly imageId: string
  readonly version: string
  readonly address: string
  readonly port: number
  /** The shell command that logs in. */
  readonly login: string
}

/**
 * One machine from the latest good image of a family. If that image changes, an update creates the new machine, logs in to it, and then
 * deletes the old one. If the new image does not boot, the old machine keeps running.
 */
export function vmProgram(spec: VmSpec): () => Promise<Record<string, unknown>> {
  return async () => {
    const { imageId, version } = latestGood(spec.family)
    const { memory, user, publicKey, identityFile, knownHostsFile } = spec
    const machine = new Instance('vm', {
      name: `vm-${spec.family}`,
      tags: version.apply((text) => tags(spec.family, text)),
      image: imageId,
      ...{ memory, user, publicKey, identityFile, knownHostsFile },
      login: 'credential',
      cpus: 2,
      disk: 4,
      network: true,
      loginTimeoutSeconds: 600,
      warm: false,
      diagnosticsFolder: '',
    })
    const { address, port } = machine.host
    const login: Output<string> = machine.host.apply(loginCommand)
    return { imageId, version, address, port, login }
  }
}

/** The tags of the machine. It has no expiry, so `reap` does not delete it. */
function tags(family: string, version: string): Tags {
  return { tool: 'bakehouse', family, version, build: `vm-${family}`, stage: 'promoted', expires: '' }
}

function loginCommand({ address, port, user, identityFile, knownHostsFile }: Host): string {
  return `ssh -i ${identityFile} -o UserKnownHostsFile=${knownHostsFile} -p ${port} ${user}@${address}`
}
