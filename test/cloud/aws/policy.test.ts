import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { bakePolicy, impliedActions, providerActions, sessionActions } from '../../../src/cloud/aws/policy.ts'
import { neededBy, notCalled } from '../../aws/policy-calls.ts'
import { asList, isAllowed, type Request } from './evaluate-policy.ts'

const folder = join(import.meta.dirname, '../../../src/cloud/aws')
const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => readFileSync(join(folder, path), 'utf8'))
const services: Readonly<Record<string, string>> = { 'auto-scaling': 'autoscaling', 'service-quotas': 'servicequotas' }

/** Commands and paginators that the code imports from the SDK: the calls that it can make. */
function calledActions(): string[] {
  return sources.flatMap((text) =>
    [...text.matchAll(/import \{([^}]*)\} from '@aws-sdk\/client-([a-z0-9-]+)'/g)].flatMap(([, names = '', service = '']) => {
      const actions = [...names.matchAll(/\b(?:(\w+)Command|paginate(\w+))\b/g)].map(([, command, paginated]) => command ?? paginated)
      return actions.map((action) => `${services[service] ?? service}:${action}`)
    }),
  )
}

function usedTypes(): string[] {
  return [...new Set(sources.flatMap((text) => [...text.matchAll(/'@pulumi\/aws\/\w+\/(\w+)\.js'/g)].map(([, type = '']) => type)))].sort()
}

test('the calls of the provider are listed for every resource type that the Pulumi program uses', () => {
  expect(Object.keys(providerActions).sort()).toEqual(usedTypes())
})

test('the policy allows all calls of the code and no others', () => {
  const allowed = bakePolicy().Statement.flatMap(({ Action }) => Action)
  const called = [...calledActions(), ...sessionActions, ...impliedActions, ...usedTypes().flatMap((type) => providerActions[type] ?? [])]
  expect([...new Set(allowed)].sort()).toEqual([...new Set(called)].sort())
})

test('each call in the policy is made in a test on the emulator, or has a reason why none can make it', () => {
  const allowed = bakePolicy().Statement.flatMap(({ Action }) => Action)
  const made = Object.values(neededBy).flat() as string[]
  expect([...made, ...Object.keys(notCalled)].sort()).toEqual([...new Set(allowed)].sort())
})

const arn = (kind: string, id = 'x'): string =>
  `arn:aws:ec2:eu-west-1:${kind === 'image' || kind === 'snapshot' ? '' : '1234'}:${kind}/${id}`
const own = { 'aws:ResourceTag/bakehouse:tool': 'bakehouse', 'aws:ResourceTag/Name': 'x' }
const foreign = { 'aws:ResourceTag/Name': 'production' }
const tagging = { 'aws:RequestTag/bakehouse:tool': 'bakehouse' }
const request = (action: string, resource: string, keys = {}): Request => ({ action, resource, keys })

test.each([
  ...['instance', 'spot-instances-request', 'volume'].map((kind) => request('ec2:RunInstances', arn(kind), tagging)),
  ...['image', 'subnet', 'network-interface', 'snapshot'].map((kind) => request('ec2:RunInstances', arn(kind), foreign)),
  request('ec2:CancelSpotInstanceRequests', arn('spot-instances-request'), own),
  ...['key-pair', 'security-group'].map((kind) => request('ec2:RunInstances', arn(kind), own)),
  ...['RunInstances', 'CreateImage', 'ImportKeyPair', 'CreateSecurityGroup'].map((by) =>
    request('ec2:CreateTags', arn('image'), { ...tagging, 'ec2:CreateAction': by }),
  ),
  request('ec2:ImportKeyPair', arn('key-pair'), tagging),
  request('ec2:CreateSecurityGroup', arn('security-group'), tagging),
  request('ec2:CreateSecurityGroup', arn('vpc')),
  request('ec2:CreateImage', arn('instance'), own),
  request('ec2:CreateImage', arn('image'), tagging),
  request('ec2:CreateImage', arn('snapshot')),
  // The provider copies an image without tags, and then tags the copy: seen with terraform-provider-aws 5.100.0.
  request('ec2:CopyImage', arn('image')),
  request('ec2:CopyImage', arn('snapshot')),
  request('ec2:CreateTags', arn('image'), tagging),
  request('ec2:CreateTags', arn('snapshot'), tagging),
  request('ec2:CreateTags', arn('snapshot'), { ...tagging, ...own }),
  request('ec2:DeleteSnapshot', arn('snapshot'), own),
  request('ec2:TerminateInstances', arn('instance'), own),
  request('ssm:PutParameter', 'arn:aws:ssm:eu-west-1:1234:parameter/bakehouse/linux-base/latest'),
  request('ssm:StartSession', arn('instance'), { 'ssm:resourceTag/bakehouse:tool': 'bakehouse' }),
  request('iam:PassRole', 'arn:aws:iam::1234:role/bakehouse-session', { 'iam:PassedToService': 'ec2.amazonaws.com' }),
])('allows a build to: %j', (needed) => {
  expect(isAllowed(needed)).toBe(true)
})

/** What a stolen role would try. */
const abuses: readonly Request[] = [
  ...['instance', 'image', 'volume', 'security-group', 'key-pair', 'vpc', 'subnet'].map((kind) =>
    request('ec2:CreateTags', arn(kind), { ...tagging, ...foreign }),
  ),
  request('ec2:CreateTags', arn('instance'), tagging),
  request('ec2:CreateTags', arn('image'), { ...tagging, ...own }),
  request('ec2:CreateTags', arn('snapshot'), { ...tagging, ...foreign }),
  request('ec2:CreateTags', arn('snapshot')),
  request('ec2:CreateTags', arn('instance'), { 'ec2:CreateAction': 'RunInstances' }),
  request('ec2:DeleteSnapshot', arn('snapshot'), foreign),
  request('ec2:DeleteSnapshot', arn('snapshot')),
  request('ec2:CreateImage', arn('instance'), foreign),
  request('ec2:CreateImage', arn('image')),
  request('ec2:RunInstances', arn('instance')),
  request('ec2:RunInstances', arn('key-pair'), foreign),
  request('ec2:RunInstances', arn('security-group'), foreign),
  request('ec2:TerminateInstances', arn('instance'), foreign),
  request('ec2:CancelSpotInstanceRequests', arn('spot-instances-request'), foreign),
  request('ec2:ModifyImageAttribute', arn('image'), foreign),
  request('ec2:GetPasswordData', arn('instance'), foreign),
  request('ec2:AuthorizeSecurityGroupIngress', arn('security-group'), foreign),
  request('ssm:PutParameter', 'arn:aws:ssm:eu-west-1:1234:parameter/production/password'),
  request('ssm:StartSession', arn('instance'), { 'ssm:resourceTag/Name': 'production' }),
  request('ssm:StartSession', 'arn:aws:ssm:eu-west-1:1234:document/AWS-RunShellScript'),
  request('iam:PassRole', 'arn:aws:iam::1234:role/admin', { 'iam:PassedToService': 'ec2.amazonaws.com' }),
  request('iam:PassRole', 'arn:aws:iam::1234:role/bakehouse-x', { 'iam:PassedToService': 'lambda.amazonaws.com' }),
]

test.each(abuses)('does not allow: %j', (abuse) => {
  expect(isAllowed(abuse)).toBe(false)
})

test('at least twenty abuses are evaluated, each another one', () => {
  expect(new Set(abuses.map((abuse) => JSON.stringify(abuse))).size).toBeGreaterThanOrEqual(20)
})

test('a policy for one family does not allow publishing another one', () => {
  const parameter = (family: string): Request =>
    request('ssm:PutParameter', `arn:aws:ssm:eu-west-1:1234:parameter/bakehouse/${family}/latest`)
  const scope = { partition: 'aws', family: 'linux-base' }
  expect([isAllowed(parameter('linux-base'), scope), isAllowed(parameter('linux-web'), scope)]).toEqual([true, false])
})

describe('the state in a bucket', () => {
  const scope = { partition: 'aws', family: 'linux-base', state: 's3://state/team?region=eu-west-1' }
  const object = (action: string, path: string, bucket = 'state/team'): Request =>
    request(`s3:${action}`, `arn:aws:s3:::${bucket}/.pulumi/${path}`)

  test.each([
    request('s3:ListBucket', 'arn:aws:s3:::state'),
    object('GetObject', 'meta.yaml'),
    object('GetObject', 'stacks/bakehouse/linux-parent.json'),
    ...['linux-base', 'linux-base-2026.11.27', 'linux-base-2026.11.27-2', 'lease.linux-base'].flatMap((stack) => [
      object('PutObject', `stacks/bakehouse/${stack}.json`),
      object('DeleteObject', `stacks/bakehouse/${stack}.json.bak`),
      object('PutObject', `stacks/bakehouse/${stack}.pulumi-tags`),
      object('PutObject', `history/bakehouse/${stack}/${stack}-1764230000.history.json`),
      object('DeleteObject', `locks/organization/bakehouse/${stack}/5a6b.json`),
    ]),
  ])('of its family can be written by a build, others only read: %j', (needed) => {
    expect(isAllowed(needed, scope)).toBe(true)
  })

  test.each([
    ...['linux-web', 'linux-base-2', 'linux-base-2026', 'linux', 'lease.linux-web', 'linux-web-2026.11.27'].flatMap((stack) => [
      object('PutObject', `stacks/bakehouse/${stack}.json`),
      object('DeleteObject', `locks/organization/bakehouse/${stack}/5a6b.json`),
    ]),
    object('PutObject', 'meta.yaml'),
    object('GetObject', 'stacks/bakehouse/linux-base.json', 'production'),
    object('PutObject', 'stacks/bakehouse/linux-base.json', 'state'),
    request('s3:GetObject', 'arn:aws:s3:::state/team/accounts.csv'),
    request('s3:PutObject', 'arn:aws:s3:::state/team/x'),
    request('s3:DeleteBucket', 'arn:aws:s3:::state'),
    request('s3:ListBucket', 'arn:aws:s3:::production'),
  ])('cannot be used for: %j', (abuse) => {
    expect(isAllowed(abuse, scope)).toBe(false)
  })

  test('has artifacts beside it: a build writes those of its family, reads all, and deletes none', () => {
    const artifact = (action: string, path: string): Request => request(`s3:${action}`, `arn:aws:s3:::state/team/artifacts/${path}`)
    const [own, other] = ['linux-base/2026.11.27-b1/logs/verify.log', 'linux-web/2026.11.27-b2/logs/verify.log']
    const needed = [artifact('PutObject', own), artifact('GetObject', own), artifact('GetObject', other)]
    const abuses = [artifact('PutObject', other), artifact('DeleteObject', own)]
    expect([...needed, ...abuses].map((each) => isAllowed(each, scope))).toEqual([true, true, true, false, false])
  })

  test('may have its artifacts in another bucket, and then none beside it', () => {
    const put = (bucket: string): Request => request('s3:PutObject', `arn:aws:s3:::${bucket}/linux-base/2026.11.27-b1/report.html`)
    const elsewhere = { ...scope, artifacts: 's3://logs/images?region=eu-west-1' }
    expect(['logs/images', 'logs', 'state/team/artifacts'].map((bucket) => isAllowed(put(bucket), elsewhere))).toEqual([true, false, false])
    expect(() => bakePolicy({ ...scope, artifacts: '/srv/artifacts' })).toThrow('Expected the artifacts to be a bucket')
  })

  test('is not part of a policy without a state', () => {
    expect(isAllowed(object('GetObject', 'meta.yaml'), { partition: 'aws', family: 'linux-base' })).toBe(false)
  })

  test.each(['file:///tmp', 'state', 's3://', 's3://*', 's3://state/*'])(
    'is refused if it is not a bucket, or has a wildcard: %s',
    (state) => {
      expect(() => bakePolicy({ partition: 'aws', state })).toThrow('Expected the state to be a bucket')
    },
  )
})

test.each(['aws', 'aws-us-gov', 'aws-cn'])('every ARN is in the partition %s', (partition) => {
  const resources = bakePolicy({ partition, family: 'web', state: 's3://bucket' }).Statement.flatMap(({ Resource }) => asList(Resource))
  expect(resources.filter((resource) => resource !== '*' && !resource.startsWith(`arn:${partition}:`))).toEqual([])
})

test('the policy is not larger than a managed policy may be', () => {
  expect(JSON.stringify(bakePolicy({ partition: 'aws-us-gov', family: 'f'.repeat(40), state: 's3://bucket/path' })).length).toBeLessThan(
    10_240,
  )
  expect(JSON.stringify(bakePolicy()).length).toBeLessThan(6144)
})
