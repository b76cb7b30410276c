import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { aws } from '../../../src/cloud/aws/aws.ts'
import { findInterruption } from '../../../src/cloud/aws/interruption.ts'
import { launch } from '../../../src/cloud/aws/launch.ts'
import { placesOf } from '../../../src/cloud/aws/places.ts'
import { type LaunchRequest, runInput } from '../../../src/cloud/aws/run-input.ts'
import { answerCalls, awsError } from './answer-calls.ts'

const request: LaunchRequest = {
  ...{ name: 'base', stage: 'base', buildFolder: '/b', image: 'ami-1', keyName: 'k', groupId: 'sg-1', wantsAddress: false },
  ...{ root: {}, disks: [], tags: { CostCentre: '42' }, spot: false, expires: '2026-11-27T20:00:00Z' },
  places: [{ instanceType: 't3.small', zone: 'eu-central-1a' }],
}
const image = { RootDeviceName: '/dev/xvda', BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 8 } }] }
const inputOf = (changes: Partial<LaunchRequest>, place = request.places[0]!) =>
  runInput({ ...request, ...changes }, place, { image, userData: '#cloud-config' })
const wait = { deadlineMs: 1_000, pauseMs: 1 }
let told: string[]
const start = (changes: Partial<LaunchRequest> = {}) =>
  launch({ ...request, ...changes }, { userData: '', tell: (text) => told.push(text) }, wait)

beforeEach(() => {
  told = []
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

test('the call that starts a machine tags everything that it creates', () => {
  const kinds = (changes: object): string[] =>
    (inputOf(changes).TagSpecifications ?? []).map(({ ResourceType, Tags }) => `${ResourceType} ${Tags?.[0]?.Key}=${Tags?.[0]?.Value}`)
  const always = ['instance CostCentre=42', 'volume CostCentre=42', 'network-interface CostCentre=42']
  expect(kinds({})).toEqual(always)
  expect(kinds({ spot: true })).toEqual([...always, 'spot-instances-request CostCentre=42'])
})

test.each([
  ['as large as the base image, if machine.disk is smaller', 4, undefined],
  ['as large as machine.disk, if that is larger', 40, 40],
])('the root volume is %s', (_what, size, VolumeSize) => {
  const { BlockDeviceMappings } = inputOf({ root: { size, type: 'io2', iops: 5000 }, kmsKeyId: 'arn:k' })
  expect(BlockDeviceMappings?.[0]).toEqual({
    DeviceName: '/dev/xvda',
    Ebs: {
      ...{ Encrypted: true, DeleteOnTermination: true, KmsKeyId: 'arn:k', VolumeType: 'io2', Iops: 5000 },
      ...(VolumeSize ? { VolumeSize } : {}),
    },
  })
})

test('further disks are gp3 by default, and encrypted', () => {
  const { BlockDeviceMappings } = inputOf({ disks: [{ device: '/dev/sdf', size: 100, throughput: 250 }] })
  expect(BlockDeviceMappings?.[1]).toEqual({
    DeviceName: '/dev/sdf',
    Ebs: { Encrypted: true, DeleteOnTermination: true, VolumeType: 'gp3', Throughput: 250, VolumeSize: 100 },
  })
})

test('a base machine can be stopped, also as a spot instance; a trial ends when it powers off', () => {
  expect(inputOf({ spot: true })).toMatchObject({
    InstanceInitiatedShutdownBehavior: 'stop',
    InstanceMarketOptions: {
      SpotOptions: { SpotInstanceType: 'persistent', InstanceInterruptionBehavior: 'stop', ValidUntil: new Date(request.expires) },
    },
  })
  expect(inputOf({ spot: true, stage: 'trial' })).toMatchObject({
    InstanceInitiatedShutdownBehavior: 'terminate',
    InstanceMarketOptions: { SpotOptions: { SpotInstanceType: 'one-time' } },
  })
})

test('a machine that wants a public address asks for it with its interface', () => {
  expect(inputOf({ wantsAddress: true }, { instanceType: 't3.small', subnetId: 'subnet-1' })).toMatchObject({
    NetworkInterfaces: [{ DeviceIndex: 0, AssociatePublicIpAddress: true, SubnetId: 'subnet-1', Groups: ['sg-1'] }],
  })
  expect(inputOf({})).toMatchObject({ SecurityGroupIds: ['sg-1'], Placement: { AvailabilityZone: 'eu-central-1a' } })
})

test('each subnet or zone is tried with the first type, then with the next one', () => {
  const instanceType = ['t3.small', 'm5.large']
  const tried = (given: object): string[] =>
    placesOf({ instanceType, ...given } as never).map((place) => `${place.instanceType} ${place.subnetId ?? place.zone}`)
  expect(tried({ zones: ['a', 'b'] })).toEqual(['t3.small a', 't3.small b', 'm5.large a', 'm5.large b'])
  expect(tried({ subnetId: 'subnet-1' })).toEqual(['t3.small subnet-1', 'm5.large subnet-1'])
  expect(placesOf({ instanceType: 't3.small' } as never)).toEqual([{ instanceType: 't3.small' }])
})

const running = {
  ...{ InstanceId: 'i-1', InstanceType: 'm5.large', PrivateIpAddress: '10.0.0.4', State: { Name: 'running' } },
  Placement: { AvailabilityZone: 'eu-central-1b' },
}
const places = [
  { instanceType: 't3.small', zone: 'eu-central-1a' },
  { instanceType: 'm5.large', zone: 'eu-central-1b' },
]

/** EC2 that has no capacity for these types. */
function withoutCapacity(types: readonly string[], code: string): ReturnType<typeof answerCalls> {
  return answerCalls({
    DescribeImages: () => ({ Images: [image] }),
    RunInstances: ({ InstanceType }: { InstanceType: string }) => {
      if (types.includes(InstanceType)) throw awsError(code)
      return { Instances: [{ InstanceId: 'i-1' }] }
    },
    DescribeInstances: () => ({ Reservations: [{ Instances: [running] }] }),
  })
}

test.each(['InsufficientInstanceCapacity', 'InsufficientHostCapacity', 'Unsupported'])(
  'without capacity (%s), the next place is tried, the user is told, and the machine that was got is named',
  async (code) => {
    withoutCapacity(['t3.small'], code)
    expect(await start({ places })).toEqual({ instanceId: 'i-1', publicIp: '', privateIp: '10.0.0.4', kind: 'm5.large in eu-central-1b' })
    expect(told).toEqual([`EC2 cannot start t3.small in eu-central-1a now (${code}); next: m5.large in eu-central-1b`])
  },
)

test('if no place has capacity, the error names each one, and what to change', async () => {
  withoutCapacity(['t3.small', 'm5.large'], 'InsufficientInstanceCapacity')
  await expect(start({ places, spot: true })).rejects.toMatchObject({
    message: expect.stringMatching(/machine base: t3.small in eu-central-1a: Insuf.*; m5.large in eu-central-1b: Insuf/),
    hint: expect.stringMatching(/aws.instanceType.*aws.zones.*aws.spot/),
  })
})

test('another error than missing capacity ends the launch immediately', async () => {
  const calls = withoutCapacity(['t3.small'], 'UnauthorizedOperation')
  await expect(start({ places })).rejects.toThrow('UnauthorizedOperation')
  expect(calls.filter(([call]) => call.endsWith(':RunInstances'))).toHaveLength(1)
})

test('a machine that EC2 ends before it runs is terminated; if that was for want of capacity, the next place is tried', async () => {
  const codes: Record<string, string> = { 'i-1': 'Server.InsufficientInstanceCapacity', 'i-2': 'Client.InvalidKMSKey.InvalidState' }
  let count = 0
  const calls = answerCalls({
    DescribeImages: () => ({ Images: [image] }),
    RunInstances: () => ({ Instances: [{ InstanceId: `i-${++count}` }] }),
    DescribeInstances: ({ InstanceIds: [id = ''] }: { InstanceIds: readonly string[] }) => ({
      Reservations: [{ Instances: [{ InstanceId: id, State: { Name: 'terminated' }, StateReason: { Code: codes[id], Message: 'm' } }] }],
    }),
    TerminateInstances: () => ({}),
  })
  await expect(start({ places })).rejects.toThrow('EC2 ended the instance i-2 before it ran (Client.InvalidKMSKey.InvalidState): m')
  expect(told).toHaveLength(1)
  expect(calls.filter(([call]) => call.endsWith(':TerminateInstances')).map(([, input]) => input)).toEqual([
    { InstanceIds: ['i-1'] },
    { InstanceIds: ['i-2'] },
  ])
})

test('the request of a spot instance is cancelled before the instance is terminated', async () => {
  const calls = answerCalls({
    DescribeInstances: () => ({
      Reservations: [{ Instances: [{ State: { Name: 'terminated' }, SpotInstanceRequestId: 'sir-1' }] }],
    }),
    CancelSpotInstanceRequests: () => ({}),
    TerminateInstances: () => ({}),
  })
  const tags = { tool: 'bakehouse', family: 'web', version: '1', build: 'b', stage: 'base', expires: '' } as const
  await (await aws()).delete({ kind: 'instance', id: 'i-1', tags, state: 'running' })
  expect(calls.map(([call]) => call.split(':')[1]).slice(0, 3)).toEqual([
    'DescribeInstances',
    'CancelSpotInstanceRequests',
    'TerminateInstances',
  ])
})

test.each([
  ['Server.SpotInstanceTermination', /spot instance i-1 \(base, m5.large\).*Server.SpotInstanceTermination/],
  ['Client.InstanceInitiatedShutdown', undefined],
])('an instance that ended with %s is explained by: %s', async (Code, expected) => {
  const Tags = Object.entries({ tool: 'bakehouse', stage: 'base' }).map(([key, Value]) => ({ Key: `bakehouse:${key}`, Value }))
  answerCalls({ DescribeInstances: () => ({ Reservations: [{ Instances: [{ ...running, Tags, StateReason: { Code } }] }] }) })
  const found = await findInterruption('b1')
  if (expected === undefined) expect(found).toBeUndefined()
  else expect(found).toMatchObject({ exitCode: 3, message: expect.stringMatching(expected), hint: expect.stringContaining('aws.spot') })
})
