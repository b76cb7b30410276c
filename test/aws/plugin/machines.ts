import { setTimeout as sleep } from 'node:timers/promises'
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DeleteKeyPairCommand,
  DeleteSecurityGroupCommand,
  type Instance as Described,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeSecurityGroupsCommand,
  ImportKeyPairCommand,
  type IpPermission,
  RevokeSecurityGroupIngressCommand,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import type { InstanceArgs, InstanceState } from '@pulumi/aws/ec2/instance.js'
import type { KeyPairArgs, KeyPairState } from '@pulumi/aws/ec2/keyPair.js'
import type { SecurityGroupArgs, SecurityGroupState } from '@pulumi/aws/ec2/securityGroup.js'
import { clients, retryUntilFound } from '../../../src/cloud/aws/clients.ts'
import { changeTags } from './change-tags.ts'
import { emulate, isFound, toTags, unlessGone } from './emulate.ts'

export const keyPair = emulate<KeyPairArgs, KeyPairState>({
  inputs: ['keyName', 'publicKey', 'tags'],
  mutable: ['tags'],
  async create({ keyName = '', publicKey = '', tags }) {
    const specification = { ResourceType: 'key-pair' as const, Tags: toTags(tags) }
    const made = await clients
      .ec2()
      .send(new ImportKeyPairCommand({ KeyName: keyName, PublicKeyMaterial: Buffer.from(publicKey), TagSpecifications: [specification] }))
    return { id: keyName, outputs: { keyPairId: made.KeyPairId ?? '', fingerprint: made.KeyFingerprint ?? '' } }
  },
  async update(_id, { tags }, old) {
    await changeTags([old.keyPairId ?? ''], old.tags, tags)
    return {}
  },
  exists: (id) =>
    isFound(async () => {
      const { KeyPairs = [] } = await clients.ec2().send(new DescribeKeyPairsCommand({ KeyNames: [id] }))
      return KeyPairs.length > 0
    }),
  async delete(id) {
    await unlessGone(() => clients.ec2().send(new DeleteKeyPairCommand({ KeyName: id })))
  },
})

export const securityGroup = emulate<SecurityGroupArgs, SecurityGroupState>({
  inputs: ['name', 'description', 'ingress', 'egress', 'vpcId', 'tags'],
  mutable: ['ingress', 'tags'],
  refuse: ({ name = '' }) => (name.startsWith('sg-') ? 'name' : undefined),
  async create({ name = '', description = '', ingress, vpcId, tags }, made) {
    const specification = { ResourceType: 'security-group' as const, Tags: toTags(tags) }
    const group = { GroupName: name, Description: description, TagSpecifications: [specification], ...(vpcId ? { VpcId: vpcId } : {}) }
    const { GroupId = '' } = await clients.ec2().send(new CreateSecurityGroupCommand(group))
    made(GroupId)
    await retryUntilFound('test', () => authorize(GroupId, ingress))
    return { id: GroupId, outputs: {} }
  },
  async update(GroupId, { ingress, tags }, old) {
    const IpPermissions = toPermissions(old.ingress)
    if (IpPermissions.length > 0) await clients.ec2().send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions }))
    await authorize(GroupId, ingress)
    await changeTags([GroupId], old.tags, tags)
    return {}
  },
  exists: (id) =>
    isFound(async () => {
      const { SecurityGroups = [] } = await clients.ec2().send(new DescribeSecurityGroupsCommand({ GroupIds: [id] }))
      return SecurityGroups.length > 0
    }),
  async delete(id) {
    await unlessGone(() => clients.ec2().send(new DeleteSecurityGroupCommand({ GroupId: id })))
  },
})

type Rules = Parameters<Parameters<typeof emulate<SecurityGroupArgs, SecurityGroupState>>[0]['create']>[0]['ingress']

async function authorize(GroupId: string, rules: Rules): Promise<void> {
  const IpPermissions = toPermissions(rules)
  if (IpPermissions.length > 0) await clients.ec2().send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }))
}

function toPermissions(rules: Rules): IpPermission[] {
  return (rules ?? []).map(({ protocol, fromPort, toPort, cidrBlocks }) => ({
    IpProtocol: protocol,
    FromPort: fromPort,
    ToPort: toPort,
    IpRanges: (cidrBlocks ?? []).map((CidrIp) => ({ CidrIp })),
  }))
}

export const instance = emulate<InstanceArgs, InstanceState>({
  inputs: [
    'ami',
    'associatePublicIpAddress',
    'ebsBlockDevices',
    'iamInstanceProfile',
    'instanceInitiatedShutdownBehavior',
    'instanceType',
    'keyName',
    'metadataOptions',
    'rootBlockDevice',
    'subnetId',
    'tags',
    'userData',
    'volumeTags',
    'vpcSecurityGroupIds',
  ],
  mutable: ['tags', 'volumeTags'],
  refuse: ({ metadataOptions }) =>
    ['optional', 'required'].includes(metadataOptions?.httpTokens ?? 'optional') ? undefined : 'metadataOptions',
  async create(inputs, made) {
    const { Images } = await retryUntilFound('test', () => clients.ec2().send(new DescribeImagesCommand({ ImageIds: [inputs.ami ?? ''] })))
    const run = runInput(inputs, Images?.[0]?.RootDeviceName ?? '/dev/sda1')
    const { Instances } = await retryUntilFound('test', () => clients.ec2().send(new RunInstancesCommand(run)))
    const id = Instances?.[0]?.InstanceId ?? ''
    made(id)
    const { PublicIpAddress: publicIp = '', PrivateIpAddress: privateIp = '' } = await waitForRunning(id)
    return { id, outputs: { publicIp, privateIp, instanceState: 'running' } }
  },
  async update(id, { tags, volumeTags }, old) {
    await changeTags([id], old.tags, tags)
    const volumes = (await describeInstance(id))?.BlockDeviceMappings?.flatMap(({ Ebs }) => Ebs?.VolumeId ?? []) ?? []
    await changeTags(volumes, old.volumeTags, volumeTags)
    return {}
  },
  exists: (id) => isFound(async () => !/^(terminated|shutting-down)$/.test((await describeInstance(id))?.State?.Name ?? 'terminated')),
  async delete(id) {
    await unlessGone(() => clients.ec2().send(new TerminateInstancesCommand({ InstanceIds: [id] })))
  },
})

type InstanceInputs = Parameters<Parameters<typeof emulate<InstanceArgs, InstanceState>>[0]['create']>[0]

function runInput(inputs: InstanceInputs, DeviceName: string): RunInstancesCommandInput {
  const { metadataOptions: imds, rootBlockDevice: root } = inputs
  return {
    ImageId: inputs.ami,
    MinCount: 1,
    MaxCount: 1,
    InstanceType: inputs.instanceType as RunInstancesCommandInput['InstanceType'],
    KeyName: inputs.keyName,
    SecurityGroupIds: inputs.vpcSecurityGroupIds,
    SubnetId: inputs.subnetId,
    UserData: Buffer.from(inputs.userData ?? '').toString('base64'),
    InstanceInitiatedShutdownBehavior: inputs.instanceInitiatedShutdownBehavior as 'stop' | 'terminate' | undefined,
    MetadataOptions: {
      HttpTokens: imds?.httpTokens as 'required' | undefined,
      HttpEndpoint: imds?.httpEndpoint as 'enabled' | undefined,
      HttpPutResponseHopLimit: imds?.httpPutResponseHopLimit,
    },
    BlockDeviceMappings: [
      {
        DeviceName,
        Ebs: {
          Encrypted: root?.encrypted,
          DeleteOnTermination: root?.deleteOnTermination,
          KmsKeyId: root?.kmsKeyId,
          VolumeSize: root?.volumeSize ?? 8,
        },
      },
      ...(inputs.ebsBlockDevices ?? []).map(({ deviceName, volumeSize, encrypted }) => ({
        DeviceName: deviceName,
        Ebs: { VolumeSize: volumeSize, Encrypted: encrypted, DeleteOnTermination: true },
      })),
    ],
    TagSpecifications: [
      { ResourceType: 'instance', Tags: toTags(inputs.tags) },
      { ResourceType: 'volume', Tags: toTags(inputs.volumeTags) },
    ],
  }
}

async function waitForRunning(id: string): Promise<Described> {
  for (;;) {
    const found = await retryUntilFound('test', () => describeInstance(id))
    if (found?.State?.Name === 'running') return found
    await sleep(500)
  }
}

async function describeInstance(id: string): Promise<Described | undefined> {
  const { Reservations } = await clients.ec2().send(new DescribeInstancesCommand({ InstanceIds: [id] }))
  return Reservations?.[0]?.Instances?.[0]
}
