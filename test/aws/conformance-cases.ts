import type { Properties } from '../../src/engine/plugin/resource.ts'
import { motoImage } from './moto.ts'

/** The behaviour of a resource type, of both providers. */
export interface Case {
  readonly type: string
  /** The inputs, from the IDs of the resources before it. */
  readonly inputs: (ids: Ids) => Properties
  /** Inputs that are updated in place, each with another value. */
  readonly update: Properties
  /** Inputs whose change needs a new resource. */
  readonly replace: Properties
  /** Inputs that are refused. */
  readonly refused: Properties
}

/** The IDs of the resources so far, by the last part of their type. */
export type Ids = Readonly<Record<string, string>>

const publicKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGM+PFJTZKSzHPvQ1YmyxwIhVuS0Yp7zzkqqNlBGGd0u'
const [tags, otherTags] = [{ 'bakehouse:stage': 'base' }, { 'bakehouse:stage': 'trial' }]
const rule = { protocol: 'tcp', fromPort: 22, toPort: 22, cidrBlocks: ['10.0.0.1/32'], description: 'the build' }
const egress = [{ protocol: '-1', fromPort: 0, toPort: 0, cidrBlocks: ['0.0.0.0/0'] }]

/** The nine resource types, in an order in which each can use those before it. */
export const cases: readonly Case[] = [
  {
    type: 'aws:ec2/keyPair:KeyPair',
    inputs: () => ({ keyName: 'conformance', publicKey, tags }),
    update: { tags: otherTags },
    replace: { keyName: 'other', publicKey: publicKey.replace('VuS', 'VuT') },
    refused: { keyNamePrefix: 'other' },
  },
  {
    type: 'aws:ec2/securityGroup:SecurityGroup',
    inputs: () => ({ name: 'conformance', description: 'of a test', ingress: [rule], egress, tags }),
    update: { ingress: [{ ...rule, cidrBlocks: ['10.0.0.2/32'] }], tags: otherTags },
    replace: { name: 'other', description: 'other', vpcId: 'vpc-00000000' },
    refused: { name: 'sg-other' },
  },
  {
    type: 'aws:ec2/instance:Instance',
    inputs: ({ KeyPair, SecurityGroup }) => ({
      ami: motoImage,
      instanceType: 't3.micro',
      keyName: KeyPair,
      vpcSecurityGroupIds: [SecurityGroup],
      instanceInitiatedShutdownBehavior: 'stop',
      metadataOptions: { httpEndpoint: 'enabled', httpTokens: 'required', httpPutResponseHopLimit: 1 },
      rootBlockDevice: { encrypted: true, deleteOnTermination: true },
      userData: '#!/bin/sh',
      tags,
      volumeTags: tags,
    }),
    update: { tags: otherTags, volumeTags: otherTags },
    replace: { ami: 'ami-04681a1dbd79675a5', keyName: 'other', subnetId: 'subnet-00000000', rootBlockDevice: { encrypted: false } },
    refused: { metadataOptions: { httpTokens: 'maybe' } },
  },
  {
    type: 'aws:ec2/amiFromInstance:AmiFromInstance',
    inputs: ({ Instance }) => ({ name: 'candidate', description: 'of a test', sourceInstanceId: Instance, tags }),
    update: { description: 'other', tags: otherTags },
    replace: { name: 'other', sourceInstanceId: 'i-00000000' },
    refused: { deprecationTime: 'tomorrow' },
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
      tags,
    }),
    update: { description: 'other', tags: otherTags, deprecationTime: '2030-01-01T00:00:00Z' },
    replace: {
      name: 'other',
      sourceAmiId: 'ami-00000000',
      sourceAmiRegion: 'eu-west-1',
      region: 'eu-central-1',
      encrypted: false,
      kmsKeyId: 'arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-4000-8000-000000000000',
    },
    refused: { kmsKeyId: 'alias/images' },
  },
  {
    type: 'aws:ec2/amiLaunchPermission:AmiLaunchPermission',
    inputs: ({ AmiCopy }) => ({ imageId: AmiCopy, accountId: '111111111111', region: 'eu-west-1' }),
    update: {},
    replace: { imageId: 'ami-00000000', accountId: '222222222222', region: 'eu-central-1' },
    refused: { group: 'everybody' },
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
      tags,
    }),
    update: { description: 'other', tags: otherTags },
    replace: { name: '/bakehouse/other', region: 'eu-central-1' },
    refused: { type: 'Text' },
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
    // moto does not show new tags of a template.
    update: { description: 'other', instanceType: 't3.small' },
    replace: { name: 'other' },
    refused: { metadataOptions: { httpTokens: 'maybe' } },
  },
  {
    type: 'aws:autoscaling/group:Group',
    inputs: ({ LaunchTemplate }) => ({
      name: 'conformance',
      minSize: 0,
      maxSize: 1,
      desiredCapacity: 0,
      availabilityZones: ['eu-central-1a'],
      healthCheckType: 'EC2',
      healthCheckGracePeriod: 60,
      launchTemplate: { id: LaunchTemplate, version: '1' },
      tags: [{ key: 'Name', value: 'conformance', propagateAtLaunch: true }],
    }),
    update: { maxSize: 2, healthCheckGracePeriod: 90 },
    replace: { name: 'other' },
    refused: { vpcZoneIdentifiers: ['subnet-00000000'] },
  },
]
