import {
  CreateAutoScalingGroupCommand,
  DeleteAutoScalingGroupCommand,
  DescribeAutoScalingGroupsCommand,
  type LaunchTemplateSpecification,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling'
import {
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DeleteLaunchTemplateCommand,
  DescribeLaunchTemplatesCommand,
  type RequestLaunchTemplateData,
} from '@aws-sdk/client-ec2'
import type { GroupArgs, GroupState } from '@pulumi/aws/autoscaling/group.js'
import type { LaunchTemplateArgs, LaunchTemplateState } from '@pulumi/aws/ec2/launchTemplate.js'
import { clients, retryUntilFound } from '../../../src/cloud/aws/clients.ts'
import { emulate, isFound, toTags, unlessGone } from './emulate.ts'

export const launchTemplate = emulate<LaunchTemplateArgs, LaunchTemplateState>({
  inputs: ['name', 'description', 'imageId', 'instanceType', 'metadataOptions', 'tagSpecifications', 'tags', 'vpcSecurityGroupIds'],
  mutable: ['description', 'imageId', 'instanceType', 'metadataOptions', 'tagSpecifications', 'vpcSecurityGroupIds'],
  refuse: ({ metadataOptions }) =>
    ['optional', 'required'].includes(metadataOptions?.httpTokens ?? 'optional') ? undefined : 'metadataOptions',
  async create({ name = '', description, tags, ...inputs }) {
    const specification = { ResourceType: 'launch-template' as const, Tags: toTags(tags) }
    const { LaunchTemplate } = await clients.ec2().send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName: name,
        VersionDescription: description,
        LaunchTemplateData: data(inputs),
        TagSpecifications: [specification],
      }),
    )
    return { id: LaunchTemplate?.LaunchTemplateId ?? '', outputs: { latestVersion: 1, defaultVersion: 1 } }
  },
  async update(id, { description, ...inputs }) {
    const { LaunchTemplateVersion } = await retryUntilFound('test', () =>
      clients.ec2().send(
        new CreateLaunchTemplateVersionCommand({
          LaunchTemplateId: id,
          VersionDescription: description,
          LaunchTemplateData: data(inputs),
        }),
      ),
    )
    return { latestVersion: LaunchTemplateVersion?.VersionNumber ?? 0 }
  },
  exists: (id) =>
    isFound(async () => {
      const { LaunchTemplates = [] } = await clients.ec2().send(new DescribeLaunchTemplatesCommand({ LaunchTemplateIds: [id] }))
      return LaunchTemplates.length > 0
    }),
  async delete(id) {
    await unlessGone(() => clients.ec2().send(new DeleteLaunchTemplateCommand({ LaunchTemplateId: id })))
  },
})

export const group = emulate<GroupArgs, GroupState>({
  inputs: [
    'name',
    'minSize',
    'maxSize',
    'desiredCapacity',
    'availabilityZones',
    'vpcZoneIdentifiers',
    'healthCheckType',
    'healthCheckGracePeriod',
    'launchTemplate',
    'tags',
    'targetGroupArns',
  ],
  refuse: ({ availabilityZones, vpcZoneIdentifiers }) => (availabilityZones && vpcZoneIdentifiers ? 'vpcZoneIdentifiers' : undefined),
  mutable: ['minSize', 'maxSize', 'desiredCapacity', 'healthCheckType', 'healthCheckGracePeriod', 'launchTemplate', 'tags'],
  async create(inputs) {
    const { name = '', tags, availabilityZones, vpcZoneIdentifiers } = inputs
    await clients.autoScaling().send(
      new CreateAutoScalingGroupCommand({
        ...sizes(inputs),
        AutoScalingGroupName: name,
        ...(availabilityZones ? { AvailabilityZones: availabilityZones } : {}),
        ...(vpcZoneIdentifiers ? { VPCZoneIdentifier: vpcZoneIdentifiers.join(',') } : {}),
        Tags: (tags ?? []).map(({ key, value, propagateAtLaunch }) => ({ Key: key, Value: value, PropagateAtLaunch: propagateAtLaunch })),
      }),
    )
    return { id: name, outputs: {} }
  },
  async update(id, inputs) {
    await clients.autoScaling().send(new UpdateAutoScalingGroupCommand({ ...sizes(inputs), AutoScalingGroupName: id }))
    return {}
  },
  exists: groupExists,
  async delete(id) {
    const query = new DeleteAutoScalingGroupCommand({ AutoScalingGroupName: id, ForceDelete: true })
    if (await groupExists(id)) await clients.autoScaling().send(query)
  },
})

async function groupExists(id: string): Promise<boolean> {
  const query = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [id] })
  return ((await clients.autoScaling().send(query)).AutoScalingGroups ?? []).length > 0
}

interface Sizes {
  readonly minSize?: number | undefined
  readonly maxSize?: number | undefined
  readonly desiredCapacity?: number | undefined
  readonly healthCheckType?: string | undefined
  readonly healthCheckGracePeriod?: number | undefined
  readonly launchTemplate?: { readonly id?: string | undefined; readonly version?: string | undefined } | undefined
}

function sizes({ minSize = 0, maxSize = 0, desiredCapacity, healthCheckType, healthCheckGracePeriod, launchTemplate: template }: Sizes) {
  const LaunchTemplate: LaunchTemplateSpecification = { LaunchTemplateId: template?.id, Version: template?.version }
  return {
    MinSize: minSize,
    MaxSize: maxSize,
    DesiredCapacity: desiredCapacity,
    HealthCheckType: healthCheckType,
    HealthCheckGracePeriod: healthCheckGracePeriod,
    LaunchTemplate,
  }
}

interface Template {
  readonly imageId?: string | undefined
  readonly instanceType?: string | undefined
  readonly vpcSecurityGroupIds?: readonly string[] | undefined
}

function data({ imageId, instanceType, vpcSecurityGroupIds }: Template): RequestLaunchTemplateData {
  return {
    ImageId: imageId,
    InstanceType: instanceType as RequestLaunchTemplateData['InstanceType'],
    SecurityGroupIds: vpcSecurityGroupIds === undefined ? undefined : [...vpcSecurityGroupIds],
  }
}
