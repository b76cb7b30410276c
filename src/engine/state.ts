/** A resource in a state. */
export interface StackResource {
  readonly urn: string
  readonly type: string
  readonly name: string
  readonly id: string
  readonly outputs: Readonly<Record<string, unknown>>
}

/** The state of a stack: the parts that this program reads. */
export interface StackState {
  readonly outputs: Readonly<Record<string, unknown>>
  /** Custom resources. Unlike components, they exist outside of the state. */
  readonly resources: readonly StackResource[]
  /** Resources whose creation was interrupted. They may or may not exist. */
  readonly pending: readonly StackResource[]
  /** The salt with which a passphrase can be checked; undefined if the secrets are not encrypted with a passphrase. */
  readonly salt: string | undefined
}

interface RawResource {
  readonly urn: string
  readonly type: string
  readonly custom?: boolean
  readonly id?: string
  readonly outputs?: Record<string, unknown>
}

interface RawDeployment {
  readonly resources?: RawResource[]
  readonly pending_operations?: { resource: RawResource }[]
  readonly secrets_providers?: { readonly type?: string; readonly state?: { readonly salt?: string } }
}

/** Parses an exported deployment. */
export function parseState(deployment: RawDeployment): StackState {
  const resources = deployment.resources ?? []
  return {
    outputs: resources.find((resource) => resource.type === 'pulumi:pulumi:Stack')?.outputs ?? {},
    resources: resources.filter((resource) => resource.custom && !resource.type.startsWith('pulumi:')).map(toStackResource),
    pending: (deployment.pending_operations ?? []).map((operation) => toStackResource(operation.resource)),
    salt: deployment.secrets_providers?.state?.salt,
  }
}

function toStackResource(resource: RawResource): StackResource {
  const name = resource.urn.split('::').pop() ?? resource.urn
  return { urn: resource.urn, type: resource.type, name, id: resource.id ?? '', outputs: resource.outputs ?? {} }
}
