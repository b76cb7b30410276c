import type { Attribute, Block, NestedBlock } from './schema.ts'

/** The resource types that the bridge serves: from the type of @pulumi/aws to that of Terraform. */
export const resourceTypes: Readonly<Record<string, string>> = {
  'aws:ec2/amiCopy:AmiCopy': 'aws_ami_copy',
  'aws:ec2/amiFromInstance:AmiFromInstance': 'aws_ami_from_instance',
  'aws:ec2/amiLaunchPermission:AmiLaunchPermission': 'aws_ami_launch_permission',
  'aws:ec2/keyPair:KeyPair': 'aws_key_pair',
  'aws:ec2/launchTemplate:LaunchTemplate': 'aws_launch_template',
  'aws:ec2/securityGroup:SecurityGroup': 'aws_security_group',
  'aws:autoscaling/group:Group': 'aws_autoscaling_group',
  'aws:ssm/parameter:Parameter': 'aws_ssm_parameter',
}

/** A member of a block, with its name in @pulumi/aws. */
export type Member =
  | { readonly name: string; readonly property: string; readonly attribute: Attribute }
  | { readonly name: string; readonly property: string; readonly nested: NestedBlock }

/** The attributes and blocks of a block, with both names. */
export function membersOf({ attributes, blocks }: Block): Member[] {
  return [
    ...attributes.map((attribute) => ({ name: attribute.name, property: toProperty(attribute.name, isPlural(attribute.type)), attribute })),
    ...blocks.map((nested) => ({ name: nested.name, property: toProperty(nested.name, !isFlat(nested)), nested })),
  ]
}

/** Whether @pulumi/aws has one object, not a list, for this block. */
export function isFlat({ nesting, maximum }: NestedBlock): boolean {
  return nesting === 'single' || ((nesting === 'list' || nesting === 'set') && maximum === 1)
}

/** The name of @pulumi/aws: in camel case; in the plural for a list. `tag` of a group becomes `tags`, by the same rule. */
export function toProperty(name: string, plural: boolean): string {
  const camel = name.replaceAll(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
  if (!plural || camel.endsWith('s')) return camel
  return camel.endsWith('y') ? `${camel.slice(0, -1)}ies` : `${camel}s`
}

function isPlural(type: Attribute['type']): boolean {
  return type[0] === 'list' || type[0] === 'set'
}
