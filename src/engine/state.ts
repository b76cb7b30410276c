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
  /** The text that is stored with the stack, apart from its outputs; undefined if there is none. */
  readonly attachment: string | undefined
  /** The state as the engine exports it. */
  readonly exported: Exported
  /** The salt with which a passphrase can be checked; undefined if the secrets are not encrypted with a passphrase. */
  readonly salt: string | undefined
}

/** The parts of an exported deployment that this program reads or writes. Others are kept as they are. */
type Exported = RawDeployment

/** The resource that holds the attachment of a stack. It is a component, so it exists in the state only, and no plugin is needed for it. */
export const attachmentResource = { type: 'bakehouse:index:Attachment', name: 'records', output: 'text' } as const

const stackType = 'pulumi:pulumi:Stack'

interface RawResource {
  readonly urn: string
  readonly parent?: string
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
    outputs: resources.find(({ type }) => type === stackType)?.outputs ?? {},
    resources: resources.filter((resource) => resource.custom && !resource.type.startsWith('pulumi:')).map(toStackResource),
    pending: (deployment.pending_operations ?? []).map((operation) => toStackResource(operation.resource)),
    attachment: resources.find(({ type }) => type === attachmentResource.type)?.outputs?.[attachmentResource.output] as string | undefined,
    exported: deployment,
    salt: deployment.secrets_providers?.state?.salt,
  }
}

/** The same deployment with another attachment. Everything else in it stays as it is. `project`: the Pulumi project of the stack. */
export function withAttachment(
  deployment: RawDeployment,
  about: { readonly stack: string; readonly project: string },
  text: string,
): RawDeployment {
  const { stack, project } = about
  const urn = (type: string, name: string): string => `urn:pulumi:${stack}::${project}::${type}::${name}`
  const { type, name, output } = attachmentResource
  const given = deployment.resources ?? []
  const root = given.find((resource) => resource.type === stackType) ?? {
    urn: urn(stackType, `${project}-${stack}`),
    type: stackType,
    custom: false,
  }
  const attachment = { urn: urn(type, name), type, custom: false, parent: root.urn, outputs: { [output]: text } }
  // The engine requires that a parent comes before its children.
  return { ...deployment, resources: [root, attachment, ...given.filter((each) => each !== root && each.type !== type)] }
}

function toStackResource(resource: RawResource): StackResource {
  const name = resource.urn.split('::').pop() ?? resource.urn
  return { urn: resource.urn, type: resource.type, name, id: resource.id ?? '', outputs: resource.outputs ?? {} }
}
