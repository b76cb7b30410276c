import type { Output } from '@pulumi/pulumi'
import { Instance } from '../../src/cloud/local/resources.ts'
import type { Host } from '../../src/model/host.ts'
import type { Tags } from '../../src/model/tags.ts'
import { latestGood } from '../../src/pulumi.ts'

/** What a machine is to be. */
export interface VmSpec {
  readonly family: string
  /** MiB. */
  readonly memory: number
  readonly user: string
  /** One line, as in authorized_keys. */
  readonly publicKey: string
  /** The private half of it: creating the machine ends with a login. */
  readonly identityFile: string
  /** Where the machine's host keys are pinned. Each machine has new ones. */
  readonly knownHostsFile: string
}

/** Outputs of the program. */
export interface VmOutputs {
  readonly imageId: string
  readonly version: string
  readonly address: string
  readonly port: number
  /** A line for a shell that logs in. */
  readonly login: string
}

/**
 * One machine from the latest good image of a family, as the family's stack says. When that image changes, an update makes
 * the new machine first, logs in to it, and only then removes the old one: an image that does not start changes nothing.
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
      loginTimeoutSeconds: 600,
      warm: false,
      diagnosticsFolder: '',
    })
    const { address, port } = machine.host
    const login: Output<string> = machine.host.apply(loginCommand)
    return { imageId, version, address, port, login }
  }
}

/** Nobody's leftover: a machine of a promoted image has no expiry. */
function tags(family: string, version: string): Tags {
  return { tool: 'bakehouse', family, version, build: `vm-${family}`, stage: 'promoted', expires: '' }
}

function loginCommand({ address, port, user, identityFile, knownHostsFile }: Host): string {
  return `ssh -i ${identityFile} -o UserKnownHostsFile=${knownHostsFile} -p ${port} ${user}@${address}`
}
