import { expect } from 'vitest'
import { bakePolicy } from '../../src/cloud/aws/policy.ts'
import type { Gateway } from './gateway.ts'

/** For each test file on the emulator: calls of the product in it that no file before it makes. With `notCalled`, they are all calls in the policy. */
export const neededBy = {
  'graph.aws.test.ts': [
    'ec2:AttachImageWatermark',
    'ec2:AuthorizeSecurityGroupIngress',
    'ec2:CopyImage',
    'ec2:CreateImage',
    'ec2:CreateSecurityGroup',
    'ec2:CreateTags',
    'ec2:DeleteKeyPair',
    'ec2:DeleteSecurityGroup',
    'ec2:DeleteSnapshot',
    'ec2:DeleteTags',
    'ec2:DeregisterImage',
    'ec2:DescribeImages',
    'ec2:DescribeInstances',
    'ec2:DisableImageDeregistrationProtection',
    'ec2:EnableImageDeprecation',
    'ec2:EnableImageDeregistrationProtection',
    'ec2:ImportKeyPair',
    'ec2:ModifyImageAttribute',
    'ec2:ModifySnapshotAttribute',
    'ec2:RunInstances',
    'ec2:TerminateInstances',
    'kms:DescribeKey',
    'ssm:GetParameter',
    'ssm:PutParameter',
  ],
  'phases.aws.test.ts': [
    'ec2:DescribeKeyPairs',
    'ec2:DescribeSecurityGroups',
    'ec2:DescribeSnapshots',
    'ec2:DescribeVolumes',
    'ssm:DeleteParameter',
    'sts:GetCallerIdentity',
  ],
  'aws.aws.test.ts': [
    'autoscaling:DescribeAutoScalingGroups',
    'ec2:DescribeImageReferences',
    'ec2:DescribeLaunchTemplateVersions',
    'ec2:DescribeLaunchTemplates',
  ],
  'preflight.aws.test.ts': [
    'ec2:DescribeInstanceTypeOfferings',
    'ec2:DescribeInstanceTypes',
    'ec2:DescribeRegions',
    'ec2:DescribeRouteTables',
    'ec2:DescribeSubnets',
    'ec2:DescribeVpcEndpoints',
    'ec2:DescribeVpcs',
    'servicequotas:GetServiceQuota',
    'ssm:DescribeParameters',
  ],
  'conformance.aws.test.ts': [
    'ec2:AuthorizeSecurityGroupEgress',
    'ec2:DescribeImageAttribute',
    'ec2:DescribeNetworkInterfaces',
    'ec2:GetInstanceUefiData',
    'ec2:RevokeSecurityGroupEgress',
    'ec2:RevokeSecurityGroupIngress',
    'ssm:AddTagsToResource',
    'ssm:ListTagsForResource',
    'ssm:RemoveTagsFromResource',
  ],
  'windows-base.aws.test.ts': ['ec2:GetConsoleOutput', 'ec2:GetConsoleScreenshot', 'ec2:GetPasswordData'],
  'cancel.aws.test.ts': [],
} as const satisfies Record<string, readonly string[]>

const byCli = 'The AWS CLI calls it for `aws.reach: ssm`; the emulator has no sessions.'

/** Calls in the policy that no run on the emulator makes, and why they are needed. */
export const notCalled: Readonly<Record<string, string>> = {
  'ec2:CancelSpotInstanceRequests': 'The emulator gives spot instances no request. launch.test.ts shows the call.',
  'ec2:DeleteVolume': 'Only of a volume that a killed build left without its machine; the emulator leaves none.',
  'iam:PassRole': 'Not a call: EC2 checks it when a machine gets an instance profile.',
  'ssm:ResumeSession': byCli,
  'ssm:StartSession': byCli,
  'ssm:TerminateSession': byCli,
  'ssmmessages:OpenDataChannel': byCli,
}

/** Checks the calls of the product in a run: the policy allows all of them, and they contain those that the policy has because of this run. */
export function expectPolicy({ productActions }: Pick<Gateway, 'productActions'>, run: keyof typeof neededBy): void {
  const allowed = bakePolicy().Statement.flatMap(({ Action }) => Action)
  expect([...productActions].filter((action) => !allowed.includes(action))).toEqual([])
  expect(neededBy[run].filter((action) => !productActions.has(action))).toEqual([])
}
