import { sessionDocument } from './route.ts'
import { artifactStatements, besideState, parseBucket, stateStatements } from './state-policy.ts'
import { allow, type Statement } from './statement.ts'

/** The calls of the provider for each resource type of a build: create, read, update, delete. */
export const providerActions: Readonly<Record<string, readonly string[]>> = {
  amiCopy: [
    'ec2:CopyImage',
    'ec2:CreateTags',
    'ec2:DeleteSnapshot',
    'ec2:DeregisterImage',
    'ec2:DescribeImages',
    'ec2:EnableImageDeprecation',
    'ec2:GetInstanceUefiData',
    'ec2:ModifyImageAttribute',
  ],
  amiFromInstance: [
    'ec2:CreateImage',
    'ec2:CreateTags',
    'ec2:DeleteSnapshot',
    'ec2:DeregisterImage',
    'ec2:DescribeImages',
    'ec2:GetInstanceUefiData',
    'ec2:ModifyImageAttribute',
  ],
  amiLaunchPermission: ['ec2:DescribeImageAttribute', 'ec2:ModifyImageAttribute'],
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
    'ec2:RevokeSecurityGroupEgress',
    'ec2:RevokeSecurityGroupIngress',
  ],
}

/** What EC2 checks when a machine is started with an instance profile, without a call of its own. */
export const impliedActions = ['iam:PassRole']

/** The calls of the AWS CLI for `aws.reach: ssm`. */
export const sessionActions = ['ssm:ResumeSession', 'ssm:StartSession', 'ssm:TerminateSession', 'ssmmessages:OpenDataChannel']

/** Calls that read. IAM cannot limit them to resources. */
const reading = [
  'autoscaling:DescribeAutoScalingGroups',
  'ec2:DescribeImageAttribute',
  'ec2:DescribeImageReferences',
  'ec2:DescribeImages',
  'ec2:DescribeInstanceTypeOfferings',
  'ec2:DescribeInstanceTypes',
  'ec2:DescribeInstances',
  'ec2:DescribeKeyPairs',
  'ec2:DescribeLaunchTemplateVersions',
  'ec2:DescribeLaunchTemplates',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeRegions',
  'ec2:DescribeRouteTables',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeSnapshots',
  'ec2:DescribeSubnets',
  'ec2:DescribeVolumes',
  'ec2:DescribeVpcEndpoints',
  'ec2:DescribeVpcs',
  'ec2:GetInstanceUefiData',
  'kms:DescribeKey',
  'servicequotas:GetServiceQuota',
  'ssm:DescribeParameters',
  'sts:GetCallerIdentity',
]

/** Calls that create with tags: the policy demands the tag of Bakehouse. The provider tags a copy of an image in a second call. */
const creating = ['CreateImage', 'CreateSecurityGroup', 'ImportKeyPair', 'RunInstances']

/** Calls that change or delete. Allowed only for resources with the tag of Bakehouse. */
const ownOnly = [
  'ec2:AttachImageWatermark',
  'ec2:AuthorizeSecurityGroupEgress',
  'ec2:AuthorizeSecurityGroupIngress',
  'ec2:CancelSpotInstanceRequests',
  'ec2:DeleteKeyPair',
  'ec2:DeleteSecurityGroup',
  'ec2:DeleteSnapshot',
  'ec2:DeleteTags',
  'ec2:DeleteVolume',
  'ec2:DeregisterImage',
  'ec2:DisableImageDeregistrationProtection',
  'ec2:EnableImageDeprecation',
  'ec2:EnableImageDeregistrationProtection',
  'ec2:GetConsoleOutput',
  'ec2:GetConsoleScreenshot',
  'ec2:GetPasswordData',
  'ec2:ModifyImageAttribute',
  'ec2:ModifySnapshotAttribute',
  'ec2:RevokeSecurityGroupEgress',
  'ec2:RevokeSecurityGroupIngress',
  'ec2:TerminateInstances',
]

const parameters = [
  'ssm:AddTagsToResource',
  'ssm:DeleteParameter',
  'ssm:GetParameter',
  'ssm:ListTagsForResource',
  'ssm:PutParameter',
  'ssm:RemoveTagsFromResource',
]

/** The scope of a policy. */
export interface PolicyScope {
  /** `aws`, `aws-us-gov` or `aws-cn`. */
  readonly partition: string
  /** The only family whose parameter and state the role may write; without it, every family. */
  readonly family?: string | undefined
  /** URL of the state backend, `s3://…`; without it, the policy has no permissions for the state. */
  readonly state?: string | undefined
  /** URL of the place of artifacts, `s3://…`; without it, a folder beside the state. */
  readonly artifacts?: string | undefined
}

const own = { 'aws:ResourceTag/bakehouse:tool': 'bakehouse' }
const requested = { 'aws:RequestTag/bakehouse:tool': 'bakehouse' }
const untagged = { 'aws:ResourceTag/Name': 'true', 'aws:ResourceTag/bakehouse:tool': 'true' }

/** A minimal policy for a build, its clean-up and its promotion. KMS keys have policies of their own: see the README. */
export function bakePolicy(scope: PolicyScope = { partition: 'aws' }): {
  readonly Version: '2012-10-17'
  readonly Statement: readonly Statement[]
} {
  return { Version: '2012-10-17', Statement: [...ec2Statements(scope), ...otherStatements(scope), ...bucketStatements(scope)] }
}

function bucketStatements({ state, artifacts, ...rest }: PolicyScope): Statement[] {
  const beside = state === undefined ? undefined : besideState(state)
  const at = artifacts === undefined ? beside : parseBucket('artifacts', artifacts)
  return [
    ...(state === undefined ? [] : stateStatements({ ...rest, backend: state })),
    ...(at === undefined ? [] : artifactStatements({ ...rest, at })),
  ]
}

/** Tags are set in the call that creates a resource; other calls need tagged resources. Copies and snapshots are tagged later, once. */
function ec2Statements({ partition }: PolicyScope): Statement[] {
  const ec2 = (...kinds: string[]): string[] => kinds.map((kind) => `arn:${partition}:ec2:*:*:${kind}/*`)
  const calls = creating.map((action) => `ec2:${action}`)
  return [
    allow('Read', reading, '*'),
    allow('CreateWithTag', calls, ec2('image', 'instance', 'key-pair', 'security-group', 'spot-instances-request', 'volume'), {
      StringEquals: requested,
    }),
    allow('CreateFromOwn', ['ec2:CreateImage', 'ec2:RunInstances'], ec2('instance', 'key-pair', 'security-group'), { StringEquals: own }),
    allow('StartFromImages', ['ec2:RunInstances'], ec2('image', 'network-interface', 'snapshot', 'subnet')),
    allow('CreateInNetworks', ['ec2:CreateSecurityGroup'], ec2('vpc')),
    allow('CopyImages', ['ec2:CopyImage'], ec2('image', 'snapshot')),
    allow('CreateSnapshots', ['ec2:CreateImage'], ec2('snapshot')),
    allow('TagAtCreation', ['ec2:CreateTags'], ec2('*'), { StringEquals: { ...requested, 'ec2:CreateAction': creating } }),
    allow('TagNewCopies', ['ec2:CreateTags'], ec2('image', 'snapshot'), { StringEquals: requested, Null: untagged }),
    allow('TagOwnSnapshots', ['ec2:CreateTags'], ec2('snapshot'), { StringEquals: { ...requested, ...own } }),
    allow('ChangeOwn', ownOnly, '*', { StringEquals: own }),
  ]
}

function otherStatements({ partition, family = '*' }: PolicyScope): Statement[] {
  const ec2Service = partition === 'aws-cn' ? 'ec2.amazonaws.com.cn' : 'ec2.amazonaws.com'
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of IAM
  const ownSessions = 'session/${aws:userid}-*'
  return [
    allow('Publish', parameters, `arn:${partition}:ssm:*:*:parameter/bakehouse/${family}/*`),
    allow('ReadPublicParameters', ['ssm:GetParameter'], `arn:${partition}:ssm:*::parameter/aws/service/*`),
    allow('OpenSessions', ['ssm:StartSession'], `arn:${partition}:ec2:*:*:instance/*`, {
      StringEquals: { 'ssm:resourceTag/bakehouse:tool': 'bakehouse' },
    }),
    allow('SessionsOfSsh', ['ssm:StartSession'], `arn:${partition}:ssm:*:*:document/${sessionDocument}`),
    allow(
      'UseOwnSessions',
      ['ssm:ResumeSession', 'ssm:TerminateSession', 'ssmmessages:OpenDataChannel'],
      `arn:${partition}:ssm:*:*:${ownSessions}`,
    ),
    allow('PassTheInstanceProfile', ['iam:PassRole'], `arn:${partition}:iam::*:role/bakehouse-*`, {
      StringEquals: { 'iam:PassedToService': ec2Service },
    }),
  ]
}
