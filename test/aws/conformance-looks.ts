import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling'
import {
  DescribeImageAttributeCommand,
  DescribeImagesCommand,
  DescribeKeyPairsCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeSecurityGroupsCommand,
  EC2Client,
  type IpPermission,
  type Tag,
} from '@aws-sdk/client-ec2'
import { DescribeParametersCommand, GetParameterCommand, ListTagsForResourceCommand, SSMClient } from '@aws-sdk/client-ssm'
import type { Properties } from '../../src/engine/plugin/resource.ts'
import type { Resource } from './plugin-client.ts'

/** What AWS says about a resource, in the form of its inputs; undefined if there is none. No provider takes part in it. */
export type Look = (resource: Pick<Resource, 'id' | 'inputs'>) => Promise<Properties | undefined>

export const keyPair: Look = async ({ id }) => {
  const query = new DescribeKeyPairsCommand({ Filters: [{ Name: 'key-name', Values: [id] }], IncludePublicKey: true })
  const pair = (await ec2().send(query)).KeyPairs?.[0]
  return pair && { keyName: pair.KeyName, publicKey: pair.PublicKey, tags: fromTags(pair.Tags) }
}

export const securityGroup: Look = async ({ id }) => {
  const query = new DescribeSecurityGroupsCommand({ Filters: [{ Name: 'group-id', Values: [id] }] })
  const group = (await ec2().send(query)).SecurityGroups?.[0]
  return (
    group && {
      name: group.GroupName,
      description: group.Description,
      vpcId: group.VpcId,
      ingress: group.IpPermissions?.map(toRule),
      egress: group.IpPermissionsEgress?.map(toRule),
      tags: fromTags(group.Tags),
    }
  )
}

export const image: Look = async ({ id, inputs }) => {
  const query = new DescribeImagesCommand({ Filters: [{ Name: 'image-id', Values: [id] }], IncludeDeprecated: true })
  const found = (await ec2(inputs.region).send(query)).Images?.[0]
  return (
    found && {
      ...{ name: found.Name, description: found.Description, tags: fromTags(found.Tags), region: inputs.region },
      deprecationTime: found.DeprecationTime?.replace('.000Z', 'Z'),
    }
  )
}

export const launchPermission: Look = async ({ inputs }) => {
  const query = new DescribeImageAttributeCommand({ ImageId: String(inputs.imageId), Attribute: 'launchPermission' })
  const { LaunchPermissions = [] } = await ec2(inputs.region).send(query)
  return LaunchPermissions.some(({ UserId }) => UserId === inputs.accountId) ? inputs : undefined
}

export const parameter: Look = async ({ id, inputs }) => {
  const client = new SSMClient({ region: String(inputs.region) })
  const query = new DescribeParametersCommand({ ParameterFilters: [{ Key: 'Name', Values: [id] }] })
  const description = (await client.send(query)).Parameters?.[0]?.Description
  if (description === undefined) return undefined
  const { Parameter: found } = await client.send(new GetParameterCommand({ Name: id }))
  const { TagList = [] } = await client.send(new ListTagsForResourceCommand({ ResourceType: 'Parameter', ResourceId: id }))
  const { Name: name, Type: type, DataType: dataType, Value: value } = found ?? {}
  return { name, type, dataType, value, description, region: inputs.region, tags: fromTags(TagList) }
}

export const launchTemplate: Look = async ({ id, inputs }) => {
  const filter = { Filters: [{ Name: 'launch-template-name', Values: [String(inputs.name)] }] }
  const template = (await ec2().send(new DescribeLaunchTemplatesCommand(filter))).LaunchTemplates?.[0]
  if (template?.LaunchTemplateId !== id) return undefined
  const query = new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: id, Versions: ['$Latest'] })
  const { VersionDescription, LaunchTemplateData: data = {} } = (await ec2().send(query)).LaunchTemplateVersions?.[0] ?? {}
  const { HttpEndpoint, HttpTokens, HttpPutResponseHopLimit } = data.MetadataOptions ?? {}
  return {
    ...{ name: template.LaunchTemplateName, description: VersionDescription, tags: fromTags(template.Tags) },
    ...{ imageId: data.ImageId, instanceType: data.InstanceType, vpcSecurityGroupIds: data.SecurityGroupIds },
    metadataOptions: { httpEndpoint: HttpEndpoint, httpTokens: HttpTokens, httpPutResponseHopLimit: HttpPutResponseHopLimit },
    tagSpecifications: data.TagSpecifications?.map(({ ResourceType, Tags }) => ({ resourceType: ResourceType, tags: fromTags(Tags) })),
  }
}

export const group: Look = async ({ id }) => {
  const query = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [id] })
  const found = (await new AutoScalingClient({}).send(query)).AutoScalingGroups?.[0]
  return (
    found && {
      ...{ name: found.AutoScalingGroupName, minSize: found.MinSize, maxSize: found.MaxSize, desiredCapacity: found.DesiredCapacity },
      ...{ healthCheckType: found.HealthCheckType, healthCheckGracePeriod: found.HealthCheckGracePeriod },
      launchTemplate: { id: found.LaunchTemplate?.LaunchTemplateId, version: found.LaunchTemplate?.Version },
      vpcZoneIdentifiers: found.VPCZoneIdentifier?.split(','),
      targetGroupArns: found.TargetGroupARNs,
      tags: found.Tags?.sort((a, b) => (String(a.Key) < String(b.Key) ? -1 : 1)).map(({ Key, Value, PropagateAtLaunch }) => ({
        ...{ key: Key, value: Value, propagateAtLaunch: PropagateAtLaunch },
      })),
    }
  )
}

function ec2(region?: unknown): EC2Client {
  return new EC2Client(region === undefined ? {} : { region: String(region) })
}

function fromTags(tags: readonly Tag[] = []): Record<string, string> {
  return Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]))
}

/** A rule for all protocols has no ports. */
function toRule({ IpProtocol: protocol, FromPort: fromPort = 0, ToPort: toPort = 0, IpRanges = [] }: IpPermission): Properties {
  const description = IpRanges[0]?.Description
  return { protocol, fromPort, toPort, cidrBlocks: IpRanges.map(({ CidrIp }) => CidrIp), ...(description ? { description } : {}) }
}
