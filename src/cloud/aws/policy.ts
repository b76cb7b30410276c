import { sessionDocument } from './route.ts'

/** One statement of an IAM policy. */
export interface Statement {
  readonly Sid: string
  readonly Effect: 'Allow'
  readonly Action: readonly string[]
  readonly Resource: string | readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
}

/** The calls of the provider for each resource type of a build: create, read, update, delete. */
export const providerActions: Readonly<Record<string, readonly string[]>> = {
  amiCopy: [
    'ec2:CopyImage',
    'ec2:CreateTags',
    'ec2:DeleteSnapshot',
    'ec2:DeleteTags',
    'ec2:DeregisterImage',
    'ec2:DescribeImages',
    'ec2:DescribeSnapshots',
    'ec2:DisableImageDeprecation',
    'ec2:EnableImageDeprecation',
    'ec2:ModifyImageAttribute',
  ],
  amiFromInstance: [
    'ec2:CreateImage',
    'ec2:CreateTags',
    'ec2:DeleteSnapshot',
    'ec2:DeregisterImage',
    'ec2:DescribeImages',
    'ec2:DescribeInstances',
    'ec2:DescribeSnapshots',
    'ec2:StopInstances',
  ],
  amiLaunchPermission: ['ec2:DescribeImageAttribute', 'ec2:DescribeImages', 'ec2:ModifyImageAttribute'],
  instance: [
    'ec2:CreateTags',
    'ec2:DescribeImages',
    'ec2:DescribeInstanceAttribute',
    'ec2:DescribeInstanceCreditSpecifications',
    'ec2:DescribeInstances',
    'ec2:DescribeInstanceTypes',
    'ec2:DescribeTags',
    'ec2:DescribeVolumes',
    'ec2:RunInstances',
    'ec2:TerminateInstances',
    'iam:PassRole',
  ],
  keyPair: ['ec2:CreateTags', 'ec2:DeleteKeyPair', 'ec2:DescribeKeyPairs', 'ec2:ImportKeyPair'],
  parameter: [
    'ssm:AddTagsToResource',
    'ssm:DeleteParameter',
    'ssm:DescribeParameters',
    'ssm:GetParameter',
    'ssm:ListTagsForResource',
    'ssm:PutParameter',
    'ssm:RemoveTagsFromResource',
  ],
  securityGroup: [
    'ec2:AuthorizeSecurityGroupEgress',
    'ec2:AuthorizeSecurityGroupIngress',
    'ec2:CreateSecurityGroup',
    'ec2:CreateTags',
    'ec2:DeleteSecurityGroup',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSecurityGroups',
    'ec2:DescribeVpcs',
    'ec2:RevokeSecurityGroupEgress',
    'ec2:RevokeSecurityGroupIngress',
  ],
}

/** The calls of the AWS CLI for `aws.reach: ssm`. */
export const sessionActions = ['ssm:StartSession', 'ssm:TerminateSession']

/** Calls that read. IAM cannot limit them to resources. */
const reading = [
  'autoscaling:DescribeAutoScalingGroups',
  'ec2:DescribeImageAttribute',
  'ec2:DescribeImageReferences',
  'ec2:DescribeImages',
  'ec2:DescribeInstanceAttribute',
  'ec2:DescribeInstanceCreditSpecifications',
  'ec2:DescribeInstanceTypes',
  'ec2:DescribeInstances',
  'ec2:DescribeKeyPairs',
  'ec2:DescribeLaunchTemplateVersions',
  'ec2:DescribeLaunchTemplates',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeRouteTables',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeSnapshots',
  'ec2:DescribeSubnets',
  'ec2:DescribeTags',
  'ec2:DescribeVolumes',
  'ec2:DescribeVpcEndpoints',
  'ec2:DescribeVpcs',
  'servicequotas:GetServiceQuota',
  'ssm:DescribeParameters',
  'sts:GetCallerIdentity',
]

/** Calls that create. The tags are set in the same call where EC2 supports it. */
const making = ['ec2:CopyImage', 'ec2:CreateImage', 'ec2:CreateSecurityGroup', 'ec2:ImportKeyPair', 'ec2:RunInstances']

/** Calls that change or delete. Allowed only for resources with the tag of Bakehouse. */
const ownOnly = [
  'ec2:AttachImageWatermark',
  'ec2:AuthorizeSecurityGroupEgress',
  'ec2:AuthorizeSecurityGroupIngress',
  'ec2:DeleteKeyPair',
  'ec2:DeleteSecurityGroup',
  'ec2:DeleteTags',
  'ec2:DeleteVolume',
  'ec2:DeregisterImage',
  'ec2:DisableImageDeprecation',
  'ec2:DisableImageDeregistrationProtection',
  'ec2:EnableImageDeprecation',
  'ec2:EnableImageDeregistrationProtection',
  'ec2:GetConsoleOutput',
  'ec2:GetConsoleScreenshot',
  'ec2:GetPasswordData',
  'ec2:ModifyImageAttribute',
  'ec2:RevokeSecurityGroupEgress',
  'ec2:RevokeSecurityGroupIngress',
  'ec2:StopInstances',
  'ec2:TerminateInstances',
]

/** Not limited by tag: snapshots get their tags only after they are created. */
const unbound = ['ec2:CreateTags', 'ec2:DeleteSnapshot']

const parameters = [
  'ssm:AddTagsToResource',
  'ssm:DeleteParameter',
  'ssm:GetParameter',
  'ssm:ListTagsForResource',
  'ssm:PutParameter',
  'ssm:RemoveTagsFromResource',
]

/** A minimal policy for a build, its clean-up and its promotion. KMS keys have policies of their own: see the README. */
export function bakePolicy(): { readonly Version: '2012-10-17'; readonly Statement: readonly Statement[] } {
  return {
    Version: '2012-10-17',
    Statement: [
      { Sid: 'Look', Effect: 'Allow', Action: reading, Resource: '*' },
      { Sid: 'Make', Effect: 'Allow', Action: making, Resource: '*' },
      {
        Sid: 'Mark',
        Effect: 'Allow',
        Action: unbound,
        Resource: ['arn:aws:ec2:*::image/*', 'arn:aws:ec2:*::snapshot/*', 'arn:aws:ec2:*:*:*/*'],
      },
      {
        Sid: 'ChangeWhatIsOurs',
        Effect: 'Allow',
        Action: ownOnly,
        Resource: '*',
        Condition: { StringEquals: { 'aws:ResourceTag/bakehouse:tool': 'bakehouse' } },
      },
      { Sid: 'Publish', Effect: 'Allow', Action: parameters, Resource: 'arn:aws:ssm:*:*:parameter/bakehouse/*' },
      { Sid: 'ReadPublicParameters', Effect: 'Allow', Action: ['ssm:GetParameter'], Resource: 'arn:aws:ssm:*::parameter/aws/service/*' },
      {
        Sid: 'OpenSessions',
        Effect: 'Allow',
        Action: ['ssm:StartSession'],
        Resource: 'arn:aws:ec2:*:*:instance/*',
        Condition: { StringEquals: { 'ssm:resourceTag/bakehouse:tool': 'bakehouse' } },
      },
      { Sid: 'SessionsOfSsh', Effect: 'Allow', Action: ['ssm:StartSession'], Resource: `arn:aws:ssm:*:*:document/${sessionDocument}` },
      {
        Sid: 'EndOwnSessions',
        Effect: 'Allow',
        Action: ['ssm:TerminateSession'],
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of IAM
        Resource: 'arn:aws:ssm:*:*:session/${aws:userid}-*',
      },
      {
        Sid: 'PassTheInstanceProfile',
        Effect: 'Allow',
        Action: ['iam:PassRole'],
        Resource: 'arn:aws:iam::*:role/bakehouse-*',
        Condition: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
      },
    ],
  }
}
