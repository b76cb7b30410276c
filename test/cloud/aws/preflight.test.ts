import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { requireFreeNames } from '../../../src/cloud/aws/free-names.ts'
import { findKeyArn } from '../../../src/cloud/aws/keys.ts'
import { checkNetwork } from '../../../src/cloud/aws/network.ts'
import { checkOffers } from '../../../src/cloud/aws/offers.ts'
import { checkRegions } from '../../../src/cloud/aws/regions.ts'
import { makeFamily } from '../../helpers/family.ts'
import { answerCalls, awsError } from './answer-calls.ts'

const home = 'eu-central-1'
const family = (aws: object) => makeFamily({ cloud: 'aws', base: { amiId: 'ami-12345678' }, aws }, { name: 'web' })
let warned: string[]

beforeEach(() => {
  warned = []
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

test('an alias is resolved to the ARN of its key, in each region', async () => {
  answerCalls({
    DescribeKey: ({ KeyId }: { KeyId: string }, region) => ({
      KeyMetadata: { Arn: `arn:aws:kms:${region}:1:key/of-${KeyId.split('/').at(-1)}`, Enabled: true },
    }),
  })
  expect(await findKeyArn('alias/images', 'eu-west-1')).toBe('arn:aws:kms:eu-west-1:1:key/of-images')
  expect(await findKeyArn('alias/images', 'eu-west-2')).toBe('arn:aws:kms:eu-west-2:1:key/of-images')
})

test.each([
  ['does not exist', () => Promise.reject(awsError('NotFoundException')), 'alias/none does not exist in eu-west-1'],
  ['is disabled', () => ({ KeyMetadata: { Arn: 'arn:x', Enabled: false, KeyState: 'Disabled' } }), 'its state is Disabled'],
])('a key that %s ends the build before anything is created', async (_what, DescribeKey, words) => {
  answerCalls({ DescribeKey })
  await expect(findKeyArn('alias/none', 'eu-west-1')).rejects.toMatchObject({ exitCode: 3, message: expect.stringContaining(words) })
})

test.each([
  ['is not enabled', 'ap-east-1', 'is not enabled for this AWS account'],
  ['does not exist', 'eu-nowhere-1', 'does not exist'],
])('a region that %s is named, instead of rejected credentials', async (_what, region, words) => {
  const Regions = [
    { RegionName: 'eu-west-1', OptInStatus: 'opt-in-not-required' },
    { RegionName: 'ap-east-1', OptInStatus: 'not-opted-in' },
  ]
  answerCalls({ DescribeRegions: () => ({ Regions }) })
  await expect(checkRegions({ regions: { 'eu-west-1': {} } })).resolves.toBeUndefined()
  const error = await checkRegions({ regions: { 'eu-west-1': {}, [region]: {} } }).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ exitCode: 3, message: `The region ${region} ${words}` })
})

const tags = { tool: 'bakehouse', family: 'web', build: 'b7' }
const Tags = Object.entries(tags).map(([key, Value]) => ({ Key: `bakehouse:${key}`, Value }))
const image = { ImageId: 'ami-7', Name: 'web-2026.11.27', CreationDate: '2026-11-20', Tags }
const parameter = { Description: 'The latest good image of web: 2026.11.20', LastModifiedUser: 'arn:aws:iam::1:role/ci' }

/** Another state has made these in the second region. */
function takenInSecondRegion({ images = [] as object[], parameters = [] as object[], value = 'ami-7' }): void {
  const there = (found: object[], region: string): object[] => (region === 'eu-west-1' ? found : [])
  answerCalls({
    DescribeImages: (
      { Filters: [filter] }: { Filters: readonly { readonly Name: string; readonly Values: readonly string[] }[] },
      region,
    ) => ({
      Images: filter?.Name === 'image-id' ? (filter.Values[0] === image.ImageId ? [image] : []) : there(images, region),
    }),
    DescribeParameters: (_input, region) => ({ Parameters: there(parameters, region) }),
    GetParameter: () => ({ Parameter: { Value: value } }),
    ListTagsForResource: () => ({ TagList: [...Tags, { Key: 'CostCentre', Value: '42' }] }),
  })
}

const spread = family({ regions: { 'eu-west-1': {} } })
const names = { images: ['web-2026.11.27', 'web-2026.11.27-candidate'], published: new Set<string>() }

test('an image name that is in use in one of the regions ends the build, and its owner is named', async () => {
  takenInSecondRegion({ images: [image] })
  await expect(requireFreeNames(spread, names, home)).rejects.toMatchObject({
    exitCode: 3,
    message: 'The image name web-2026.11.27 is in use in eu-west-1: ami-7, of the build b7 of the family web, made 2026-11-20',
    hint: expect.stringContaining('--backend'),
  })
})

test('a parameter of another state is not taken over; one of this state is', async () => {
  takenInSecondRegion({ parameters: [parameter] })
  await expect(requireFreeNames(spread, names, home)).rejects.toMatchObject({
    exitCode: 3,
    message: expect.stringMatching(
      /^The parameter \/bakehouse\/web\/latest in eu-west-1 is not in this state: .* arn:aws:iam::1:role\/ci, tags: CostCentre=42$/,
    ),
  })
  await expect(requireFreeNames(spread, { ...names, published: new Set(['latest-eu-west-1']) }, home)).resolves.toBeUndefined()
})

test('a parameter whose image does not exist, because its promotion was interrupted, is free', async () => {
  takenInSecondRegion({ parameters: [parameter], value: 'ami-gone' })
  await expect(requireFreeNames(spread, names, home)).resolves.toBeUndefined()
})

interface Filtered {
  readonly Filters?: readonly { readonly Name: string }[]
}

/** A network: the default VPC, or a subnet with these routes and no endpoint. */
function network({ vpcs = 1, subnets = 1, routes = [] as object[] }): void {
  answerCalls({
    DescribeVpcs: () => ({ Vpcs: Array.from({ length: vpcs }, () => ({ VpcId: 'vpc-1' })) }),
    DescribeSubnets: () => ({
      Subnets: Array.from({ length: subnets }, () => ({ SubnetId: 'subnet-12345678', VpcId: 'vpc-1', AvailabilityZone: 'eu-central-1a' })),
    }),
    DescribeRouteTables: ({ Filters }: Filtered) => ({
      RouteTables: Filters?.[0]?.Name === 'association.subnet-id' ? [{ Routes: routes }] : [],
    }),
    DescribeVpcEndpoints: () => ({ VpcEndpoints: [] }),
  })
}

const check = (aws: object): Promise<string[]> => checkNetwork(family(aws), { region: home, warn: (text) => warned.push(text) })

test('a default VPC without subnets ends the build', async () => {
  network({ subnets: 0 })
  await expect(check({})).rejects.toMatchObject({ exitCode: 3, hint: expect.stringContaining('create-default-subnet') })
  network({})
  await expect(check({})).resolves.toEqual([])
})

const internet = { DestinationCidrBlock: '0.0.0.0/0', GatewayId: 'igw-1' }

test('a public subnet that assigns no addresses by itself is accepted for aws.reach ssh', async () => {
  network({ routes: [internet] })
  await expect(check({ subnetId: 'subnet-12345678' })).resolves.toEqual(['eu-central-1a'])
  network({ routes: [{ ...internet, GatewayId: 'local' }] })
  await expect(check({ subnetId: 'subnet-12345678' })).rejects.toThrow('no route to an internet gateway')
})

// https://github.com/hashicorp/packer-plugin-amazon/issues/18
test('a default subnet that assigns no addresses ends the build with aws.reach ssh, if a machine may be started there', async () => {
  const of = (zone: string, MapPublicIpOnLaunch: boolean) => ({ SubnetId: `subnet-${zone}`, AvailabilityZone: zone, MapPublicIpOnLaunch })
  answerCalls({
    DescribeVpcs: () => ({ Vpcs: [{}] }),
    DescribeSubnets: () => ({ Subnets: [of('eu-central-1a', true), of('eu-central-1b', false)] }),
  })
  for (const aws of [{}, { zones: ['eu-central-1b', 'eu-central-1a'] }]) {
    await expect(check(aws)).rejects.toMatchObject({
      exitCode: 3,
      message: 'Machines get no public address in subnet-eu-central-1b of the default VPC, but aws.reach is ssh',
      hint: expect.stringContaining('aws.subnetId: [subnet-eu-central-1a, subnet-eu-central-1b]'),
    })
  }
  await expect(check({ zones: ['eu-central-1a'] })).resolves.toEqual(['eu-central-1a'])
  await expect(check({ reach: { private: '10.8.0.0/24' } })).resolves.toEqual([])
})

test('endpoints that may be in a peered VPC are a warning, and no endpoint at all is an error', async () => {
  vi.stubEnv('PATH', `${import.meta.dirname}/tools`)
  const wanted = { reach: 'ssm', subnetId: 'subnet-12345678' }
  network({ routes: [{ DestinationCidrBlock: '10.9.0.0/16', VpcPeeringConnectionId: 'pcx-1' }] })
  await check(wanted)
  expect(warned).toEqual([expect.stringContaining('vpc-1 has no endpoint com.amazonaws.eu-central-1.ssmmessages')])
  network({ routes: [{ DestinationCidrBlock: '10.9.0.0/16', VpcPeeringConnectionId: 'pcx-1', State: 'blackhole' }] })
  await expect(check(wanted)).rejects.toThrow('cannot connect to Session Manager')
})

test('a zone without a default subnet ends the build, and so do subnets of two networks', async () => {
  network({})
  await expect(check({ zones: ['eu-central-1a'] })).resolves.toEqual(['eu-central-1a'])
  await expect(check({ zones: ['eu-central-1a', 'eu-central-1b'] })).rejects.toThrow('has no default subnet in the zone eu-central-1b')
  answerCalls({
    DescribeSubnets: ({ SubnetIds: [SubnetId = ''] }: { SubnetIds: readonly string[] }) => ({
      Subnets: [{ SubnetId, VpcId: `vpc-${SubnetId.at(-1)}` }],
    }),
  })
  await expect(check({ subnetId: ['subnet-00000001', 'subnet-00000002'] })).rejects.toMatchObject({
    exitCode: 2,
    message: 'Subnet subnet-00000001 is in vpc-1, but subnet subnet-00000002 is in vpc-2',
  })
})

test('instance types are compared with what each zone offers: none is an error, and some is a warning', async () => {
  answerCalls({
    DescribeInstanceTypeOfferings: () => ({ InstanceTypeOfferings: [{ InstanceType: 't3.small', Location: 'eu-central-1a' }] }),
  })
  const offers = (types: string[], zones: string[]): Promise<void> => checkOffers(types, zones, (text) => warned.push(text))
  await offers(['t3.small'], ['eu-central-1a'])
  expect(warned).toEqual([])
  await offers(['t3.small'], ['eu-central-1a', 'eu-central-1b'])
  expect(warned).toEqual([expect.stringMatching(/^EC2 does not offer the instance type t3.small in eu-central-1b/)])
  await expect(offers(['t3.small', 'm5.large'], ['eu-central-1b'])).rejects.toMatchObject({
    exitCode: 2,
    message: 'eu-central-1b offers none of the instance types t3.small, m5.large',
  })
})
