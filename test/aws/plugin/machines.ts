import { setTimeout as sleep } from 'node:timers/promises'
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DeleteKeyPairCommand,
  DeleteSecurityGroupCommand,
  type Instance as Described,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  ImportKeyPairCommand,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import type { InstanceArgs, InstanceState } from '@pulumi/aws/ec2/instance.js'
import type { KeyPairArgs, KeyPairState } from '@pulumi/aws/ec2/keyPair.js'
import type { SecurityGroupArgs, SecurityGroupState } from '@pulumi/aws/ec2/securityGroup.js'
import { clients, retryUntilFound } from '../../../src/cloud/aws/clients.ts'
import { emulate, toTags, unlessGone } from './emulate.ts'

export const keyPair = emulate<KeyPairArgs, KeyPairState>({
  inputs: ['keyName', 'publicKey', 'tags'],
  async create({ keyName = '', publicKey = '', tags }) {
    const specification = { ResourceType: 'key-pair' as const, Tags: toTags(tags) }
    const made = await clients
      .ec2()
      .send(new ImportKeyPairCommand({ KeyName: keyName, PublicKeyMaterial: Buffer.from(publicKey), TagSpecifications: [specification] }))
    return { id: keyName, outputs: { keyPairId: made.KeyPairId ?? '', fingerprint: made.KeyFingerprint ?? '' } }
  },
  async delete(id) {
    await unlessGone(() => clients.ec2().send(new DeleteKeyPairCommand({ KeyName: id })))
  },
})

export const securityGroup = emulate<SecurityGroupArgs, SecurityGroupState>({
  inputs: ['name', 'description', 'ingress', 'egress', 'vpcId', 'tags'],
  async create({ name = '', description = '', ingress, vpcId, tags }) {
    const specification = { ResourceType: 'security-group' as const, Tags: toTags(tags) }
    const group = { GroupName: name, Description: description, TagSpecifications: [specification], ...(vpcId ? { VpcId: vpcId } : {}) }
    const { GroupId = '' } = await clients.ec2().send(new CreateSecurityGroupCommand(group))
    for (const rule of ingress ?? []) {
      const IpPermissions = [
        {
          IpProtocol: rule.protocol,
          FromPort: rule.fromPort,
          ToPort: rule.toPort,
          IpRanges: (rule.cidrBlocks ?? []).map((CidrIp) => ({ CidrIp })),
        },
      ]
      await retryUntilFound('test', () => clients.ec2().send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions })))
    }
    return { id: GroupId, outputs: {} }
  },
  async delete(id) {
    await unlessGone(() => clients.ec2().send(new DeleteSecurityGroupCommand({ GroupId: id })))
  },
})

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
  async create(inputs) {
    const { Images } = await retryUntilFound('test', () => clients.ec2().send(new DescribeImagesCommand({ ImageIds: [inputs.ami ?? ''] })))
    const run = runInput(inputs, Images?.[0]?.RootDeviceName ?? '/dev/sda1')
    const { Instances } = await retryUntilFound('test', () => clients.ec2().send(new RunInstancesCommand(run)))
    const made = await waitForRunning(Instances?.[0]?.InstanceId ?? '')
    return {
      id: made.InstanceId ?? '',
      outputs: { publicIp: made.PublicIpAddress ?? '', privateIp: made.PrivateIpAddress ?? '', instanceState: 'running' },
    }
  },
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
    const { Reservations } = await retryUntilFound('test', () => clients.ec2().send(new DescribeInstancesCommand({ InstanceIds: [id] })))
    const found = Reservations?.[0]?.Instances?.[0]
    if (found?.State?.Name === 'running') return found
    await sleep(500)
  }
}
