import type { Properties } from '../../src/engine/plugin/resource.ts'
import * as looks from './conformance-looks.ts'
import type { Surroundings } from './conformance-surroundings.ts'
import type { Faults } from './faults.ts'
import { motoImage } from './moto.ts'

/** The behaviour of a resource type, of both providers. Each input is in `update`, in `refusedUpdate` or in `replace`. */
export interface Case {
  readonly type: string
  readonly inputs: (ids: Ids) => Properties
  /** Inputs that are updated in place, each with another value. */
  readonly update: (ids: Ids) => Properties
  /** Inputs whose change is planned as an update, which AWS then refuses. */
  readonly refusedUpdate?: Properties
  /** Inputs whose change needs a new resource, each with another value. */
  readonly replace: Properties
  /** Inputs that are refused. */
  readonly refused: Properties
  readonly look: looks.Look
  /** Inputs that moto or AWS does not show, so that they are compared only as changes. */
  readonly hidden?: readonly string[]
  /** The waits after the call that creates, and after the one that deletes. Without them, the provider does not wait for AWS. */
  readonly waits?: { readonly inputs: Properties; readonly create: Faults; readonly delete: Faults }
}

/** The IDs of the resources so far, by the last part of their type, and of what exists besides them. */
export type Ids = Readonly<Record<string, string>> & Surroundings

const publicKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGM+PFJTZKSzHPvQ1YmyxwIhVuS0Yp7zzkqqNlBGGd0u'
const [tags, otherTags] = [{ 'bakehouse:stage': 'base', 'bakehouse:expires': 'soon' }, { 'bakehouse:stage': 'trial' }]
const rule = { protocol: 'tcp', fromPort: 22, toPort: 22, cidrBlocks: ['10.0.0.1/32'], description: 'the build' }
const everywhere = { protocol: '-1', fromPort: 0, toPort: 0, cidrBlocks: ['0.0.0.0/0'] }
const organization = 'arn:aws:organizations::111111111111:organization/o-abcdefghij'

/** The resource types, in an order in which each can use those before it. */
export const cases: readonly Case[] = [
  {
    type: 'aws:ec2/keyPair:KeyPair',
    inputs: () => ({ keyName: 'conformance', publicKey, tags }),
    update: () => ({ tags: otherTags }),
    replace: { keyName: 'other', publicKey: publicKey.replace('VuS', 'VuT') },
    refused: { keyNamePrefix: 'other' },
    look: looks.keyPair,
  },
  {
    type: 'aws:ec2/securityGroup:SecurityGroup',
    inputs: ({ vpc }) => ({ name: 'conformance', description: 'of a test', vpcId: vpc, ingress: [rule], egress: [everywhere], tags }),
    update: () => ({
      ingress: [{ ...rule, cidrBlocks: ['10.0.0.2/32'], description: 'another build' }],
      egress: [{ ...rule, fromPort: 443, toPort: 443 }],
      tags: otherTags,
    }),
    replace: { name: 'other', description: 'other', vpcId: 'vpc-00000000' },
    refused: { name: 'sg-other' },
    look: looks.securityGroup,
  },
  {
    type: 'aws:ec2/amiFromInstance:AmiFromInstance',
    inputs: ({ instance }) => ({ name: 'candidate', description: 'of a test', sourceInstanceId: instance, tags }),
    update: () => ({ description: 'other', tags: otherTags }),
    replace: { name: 'other', sourceInstanceId: 'i-00000000' },
    refused: { deprecationTime: 'tomorrow' },
    look: looks.image,
    // moto does not keep from which instance an image is.
    hidden: ['sourceInstanceId'],
    waits: {
      inputs: { name: 'cancelled' },
      create: { hold: 'DescribeImages', holdAfter: 'CreateImage' },
      delete: { hold: 'DescribeImages', holdAfter: 'DeregisterImage' },
    },
  },
  {
    type: 'aws:ec2/amiCopy:AmiCopy',
    inputs: ({ AmiFromInstance }) => ({
      name: 'promoted',
      description: 'of a test',
      sourceAmiId: AmiFromInstance,
      sourceAmiRegion: 'eu-central-1',
      region: 'eu-west-1',
      encrypted: true,
      deprecationTime: '2030-01-01T00:00:00Z',
      tags,
    }),
    update: () => ({ description: 'other', tags: otherTags, deprecationTime: '2031-01-01T00:00:00Z' }),
    replace: {
      name: 'other',
      sourceAmiId: 'ami-00000000',
      sourceAmiRegion: 'eu-west-1',
      region: 'eu-central-1',
      encrypted: false,
      kmsKeyId: 'arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-4000-8000-000000000000',
    },
    refused: { kmsKeyId: 'alias/images' },
    look: looks.image,
    // moto does not keep from which image a copy is, and whether it is encrypted.
    hidden: ['sourceAmiId', 'sourceAmiRegion', 'encrypted'],
    waits: {
      inputs: { name: 'cancelled' },
      create: { hold: 'DescribeImages', holdAfter: 'CopyImage' },
      delete: { hold: 'DescribeImages', holdAfter: 'DeregisterImage' },
    },
  },
  {
    type: 'aws:ec2/amiLaunchPermission:AmiLaunchPermission',
    inputs: ({ AmiCopy }) => ({ imageId: AmiCopy, accountId: '111111111111', region: 'eu-west-1' }),
    update: () => ({}),
    replace: {
      imageId: 'ami-00000000',
      accountId: '222222222222',
      region: 'eu-central-1',
      organizationArn: organization,
      organizationalUnitArn: `${organization.replace('organization/', 'ou/')}/ou-abcd-12345678`,
    },
    refused: { group: 'everybody' },
    look: looks.launchPermission,
  },
  {
    type: 'aws:ssm/parameter:Parameter',
    inputs: ({ AmiCopy }) => ({
      name: '/bakehouse/conformance/latest',
      type: 'String',
      dataType: 'aws:ec2:image',
      value: AmiCopy,
      description: 'of a test',
      region: 'eu-west-1',
      overwrite: true,
      tags,
    }),
    update: () => ({ value: motoImage, description: 'other', tags: otherTags }),
    refusedUpdate: { type: 'StringList', overwrite: false },
    replace: { name: '/bakehouse/other', region: 'eu-central-1', dataType: 'text' },
    refused: { type: 'Text' },
    look: looks.parameter,
    // It is about the call that creates the parameter.
    hidden: ['overwrite'],
  },
  {
    type: 'aws:ec2/launchTemplate:LaunchTemplate',
    inputs: ({ SecurityGroup }) => ({
      name: 'conformance',
      description: 'of a test',
      imageId: motoImage,
      instanceType: 't3.micro',
      vpcSecurityGroupIds: [SecurityGroup],
      metadataOptions: { httpEndpoint: 'enabled', httpTokens: 'required', httpPutResponseHopLimit: 1 },
      tagSpecifications: [{ resourceType: 'instance', tags }],
      tags,
    }),
    update: ({ defaultSecurityGroup }) => ({
      description: 'other',
      imageId: 'ami-04681a1dbd79675a5',
      instanceType: 't3.small',
      vpcSecurityGroupIds: [defaultSecurityGroup],
      metadataOptions: { httpEndpoint: 'enabled', httpTokens: 'optional', httpPutResponseHopLimit: 2 },
      tagSpecifications: [{ resourceType: 'instance', tags: otherTags }],
      tags: otherTags,
    }),
    replace: { name: 'other' },
    refused: { metadataOptions: { httpTokens: 'maybe' } },
    look: looks.launchTemplate,
  },
  {
    type: 'aws:autoscaling/group:Group',
    inputs: ({ LaunchTemplate, subnet, targetGroup }) => ({
      name: 'conformance',
      minSize: 0,
      maxSize: 1,
      desiredCapacity: 0,
      vpcZoneIdentifiers: [subnet],
      targetGroupArns: [targetGroup],
      healthCheckType: 'EC2',
      healthCheckGracePeriod: 60,
      launchTemplate: { id: LaunchTemplate, version: '1' },
      tags: [
        { key: 'Name', value: 'conformance', propagateAtLaunch: true },
        { key: 'bakehouse:family', value: 'web', propagateAtLaunch: true },
      ],
    }),
    update: ({ LaunchTemplate, otherSubnet, otherTargetGroup }) => ({
      minSize: 1,
      maxSize: 2,
      desiredCapacity: 1,
      vpcZoneIdentifiers: [otherSubnet],
      targetGroupArns: [otherTargetGroup],
      healthCheckType: 'ELB',
      healthCheckGracePeriod: 90,
      launchTemplate: { id: LaunchTemplate, version: '2' },
      tags: [{ key: 'Name', value: 'other', propagateAtLaunch: false }],
    }),
    replace: { name: 'other' },
    refused: { availabilityZones: ['eu-central-1a'] },
    look: looks.group,
    waits: {
      inputs: { name: 'cancelled', minSize: 1, desiredCapacity: 1 },
      create: { hold: 'DescribeAutoScalingGroups', holdAfter: 'CreateAutoScalingGroup' },
      delete: { hold: 'DescribeAutoScalingGroups', holdAfter: 'DeleteAutoScalingGroup' },
    },
  },
]
