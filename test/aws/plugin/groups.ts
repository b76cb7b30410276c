import { setTimeout as sleep } from 'node:timers/promises'
import {
  AttachLoadBalancerTargetGroupsCommand,
  type AutoScalingGroup,
  CreateAutoScalingGroupCommand,
  CreateOrUpdateTagsCommand,
  DeleteAutoScalingGroupCommand,
  DeleteTagsCommand,
  DescribeAutoScalingGroupsCommand,
  DetachLoadBalancerTargetGroupsCommand,
  type Tag,
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
import { changeTags } from './change-tags.ts'
import { emulate, isFound, type Plain, toTags, unlessGone } from './emulate.ts'

/** Everything of a template but its name can change. */
const templateSettings = [
  'description',
  'imageId',
  'instanceType',
  'metadataOptions',
  'tagSpecifications',
  'tags',
  'vpcSecurityGroupIds',
] as const

export const launchTemplate = emulate<LaunchTemplateArgs, LaunchTemplateState>({
  inputs: ['name', ...templateSettings],
  mutable: templateSettings,
  refuse: ({ metadataOptions }) =>
    ['optional', 'required'].includes(metadataOptions?.httpTokens ?? 'optional') ? undefined : 'metadataOptions',
  async create({ name = '', tags, ...inputs }) {
    const specification = { ResourceType: 'launch-template' as const, Tags: toTags(tags) }
    const { LaunchTemplate } = await clients
      .ec2()
      .send(new CreateLaunchTemplateCommand({ LaunchTemplateName: name, ...versionOf(inputs), TagSpecifications: [specification] }))
    return { id: LaunchTemplate?.LaunchTemplateId ?? '', outputs: { latestVersion: 1, defaultVersion: 1 } }
  },
  async update(id, inputs, old) {
    await changeTags([id], old.tags, inputs.tags)
    const version = versionOf(inputs)
    if (JSON.stringify(version) === JSON.stringify(versionOf(old))) return {}
    const query = new CreateLaunchTemplateVersionCommand({ LaunchTemplateId: id, ...version })
    const { LaunchTemplateVersion } = await retryUntilFound('test', () => clients.ec2().send(query))
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

/** The inputs that are part of a version of a template, as EC2 takes them. */
function versionOf({ description, imageId, instanceType, metadataOptions: imds, ...inputs }: Plain<LaunchTemplateArgs>) {
  return {
    VersionDescription: description,
    LaunchTemplateData: {
      ImageId: imageId,
      InstanceType: instanceType,
      MetadataOptions: imds && {
        HttpEndpoint: imds.httpEndpoint,
        HttpTokens: imds.httpTokens,
        HttpPutResponseHopLimit: imds.httpPutResponseHopLimit,
      },
      TagSpecifications: inputs.tagSpecifications?.map(({ resourceType, tags }) => ({ ResourceType: resourceType, Tags: toTags(tags) })),
      SecurityGroupIds: inputs.vpcSecurityGroupIds,
    } as RequestLaunchTemplateData,
  }
}

/** Everything of a group but its name can change. */
const groupSettings = [
  'minSize',
  'maxSize',
  'desiredCapacity',
  'vpcZoneIdentifiers',
  'healthCheckType',
  'healthCheckGracePeriod',
  'launchTemplate',
  'tags',
  'targetGroupArns',
] as const

export const group = emulate<GroupArgs, GroupState>({
  inputs: ['name', ...groupSettings],
  mutable: groupSettings,
  async create(inputs, made) {
    const { name = '', tags, targetGroupArns: TargetGroupARNs } = inputs
    const given = { AutoScalingGroupName: name, ...settings(inputs), TargetGroupARNs, Tags: tagsOf(name, tags) }
    await clients.autoScaling().send(new CreateAutoScalingGroupCommand(given))
    made(name)
    await waitForCapacity(name, inputs.desiredCapacity ?? inputs.minSize ?? 0)
    return { id: name, outputs: {} }
  },
  async update(AutoScalingGroupName, inputs, old) {
    const client = clients.autoScaling()
    await client.send(new UpdateAutoScalingGroupCommand({ ...settings(inputs), AutoScalingGroupName }))
    const [gone, added] = [without(old.targetGroupArns, inputs.targetGroupArns), without(inputs.targetGroupArns, old.targetGroupArns)]
    const targets = (TargetGroupARNs: string[]) => ({ AutoScalingGroupName, TargetGroupARNs })
    if (gone.length > 0) await client.send(new DetachLoadBalancerTargetGroupsCommand(targets(gone)))
    if (added.length > 0) await client.send(new AttachLoadBalancerTargetGroupsCommand(targets(added)))
    const [olds, Tags] = [tagsOf(AutoScalingGroupName, old.tags), tagsOf(AutoScalingGroupName, inputs.tags)]
    const left = olds.filter(({ Key }) => !Tags.some((tag) => tag.Key === Key))
    if (left.length > 0) await client.send(new DeleteTagsCommand({ Tags: left }))
    if (Tags.length > 0) await client.send(new CreateOrUpdateTagsCommand({ Tags }))
    return {}
  },
  exists: async (id) => (await describe(id)) !== undefined,
  async delete(id) {
    const query = new DeleteAutoScalingGroupCommand({ AutoScalingGroupName: id, ForceDelete: true })
    if (await describe(id)) await clients.autoScaling().send(query)
    while (await describe(id)) await sleep(500)
  },
})

async function describe(id: string): Promise<AutoScalingGroup | undefined> {
  const query = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [id] })
  return (await clients.autoScaling().send(query)).AutoScalingGroups?.[0]
}

async function waitForCapacity(id: string, capacity: number): Promise<void> {
  for (;;) {
    const { Instances = [] } = (await describe(id)) ?? {}
    if (Instances.filter(({ LifecycleState }) => LifecycleState === 'InService').length >= capacity) return
    await sleep(500)
  }
}

function settings({ launchTemplate: template, ...inputs }: Plain<GroupArgs>) {
  return {
    MinSize: inputs.minSize,
    MaxSize: inputs.maxSize,
    DesiredCapacity: inputs.desiredCapacity,
    VPCZoneIdentifier: inputs.vpcZoneIdentifiers?.join(','),
    HealthCheckType: inputs.healthCheckType,
    HealthCheckGracePeriod: inputs.healthCheckGracePeriod,
    LaunchTemplate: { LaunchTemplateId: template?.id, Version: template?.version },
  }
}

function tagsOf(ResourceId: string, tags: Plain<GroupArgs>['tags']) {
  return (tags ?? []).map(({ key, value, propagateAtLaunch }): Tag & { Key: string } => ({
    ResourceType: 'auto-scaling-group',
    ResourceId,
    Key: key,
    Value: value,
    PropagateAtLaunch: propagateAtLaunch,
  }))
}

function without(values: readonly string[] | undefined, others: readonly string[] | undefined): string[] {
  return (values ?? []).filter((each) => !others?.includes(each))
}
