import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { all, type Output, output, runtime } from '@pulumi/pulumi'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { projectTags } from '../../../src/cloud/aws/family-tags.ts'
import { awsResources } from '../../../src/cloud/aws/resources.ts'
import type { LaunchRequest } from '../../../src/cloud/aws/run-input.ts'
import type { InstanceResource, InstanceSpec } from '../../../src/cloud/cloud.ts'
import { makeFamily } from '../../helpers/family.ts'
import { sampleLatestGood } from '../../helpers/latest-good.ts'
import { answerCalls } from './answer-calls.ts'

type Inputs = Record<string, unknown>
let made: Record<string, Inputs>
let folder: string

beforeEach(async () => {
  made = {}
  folder = mkdtempSync(join(tmpdir(), 'bh-resources-'))
  await runtime.setMocks({
    call: () => ({}),
    newResource: ({ name, inputs }) => {
      made[name] = inputs as Inputs
      return { id: `${name}-id`, state: { ...inputs, stdout: '{}' } }
    },
  })
  answerCalls({ DescribeSubnets: () => ({ Subnets: [{ VpcId: 'vpc-1' }] }) })
})
afterEach(() => {
  rmSync(folder, { recursive: true })
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

/** Declares a machine, and returns the request of the command that starts it. */
async function machine(fields: object, stage: InstanceSpec['stage'] = 'base'): Promise<LaunchRequest> {
  const family = makeFamily({ cloud: 'aws', base: { amiId: 'ami-12345678' }, ...fields }, { name: 'web' })
  const context = { family, version: '2026.11.27', build: 'b1', buildFolder: '/b', expires: '2026-11-27T20:00:00Z' }
  await runtime.runInPulumiStack(async () => {
    const knownHostsFile = join(mkdtempSync(join(folder, 'keys-')), 'known_hosts')
    const spec = { context, stage, image: 'ami-1', publicKey: 'k', identityFile: '/i', knownHostsFile, warm: false }
    const { host } = awsResources.instance(stage, spec, {})
    await (host as Output<unknown> as unknown as { promise(): Promise<unknown> }).promise()
    return {}
  })
  const { environment } = made[`${stage}-machine`] as { environment: { BAKEHOUSE_REQUEST: string } }
  return JSON.parse(environment.BAKEHOUSE_REQUEST) as LaunchRequest
}

const direct = { reach: { proxyCommand: 'nc %h %p' } }

const disks = [{ device: '/dev/sdf', size: 100, throughput: 250, type: 'gp3' }]

test('the base machine has the volumes of the family; a trial has those of the image', async () => {
  const given = { machine: { disk: 40 }, aws: { ...direct, volume: { type: 'io2', iops: 5000 }, disks } }
  expect(await machine(given)).toMatchObject({ root: { type: 'io2', iops: 5000, size: 40 }, disks })
  expect(await machine(given, 'trial')).toMatchObject({ root: {}, disks: [] })
})

test('everything of a machine has the tags of the project, of the family and of Bakehouse', async () => {
  vi.stubEnv('BAKEHOUSE_AWS_TAGS', 'CostCentre=42, Owner=images')
  const { tags } = await machine({ aws: { ...direct, tags: { Owner: 'web team' } } })
  const expected = { CostCentre: '42', Owner: 'web team', 'bakehouse:build': 'b1', Name: 'web-2026.11.27-base' }
  for (const found of [tags, made['base-key']?.tags, made['base-network']?.tags]) expect(found).toMatchObject(expected)
})

test('the candidate, its snapshots, and the parameter of the image have the tags of the project and of the family too', async () => {
  vi.stubEnv('BAKEHOUSE_AWS_TAGS', 'CostCentre=42, Owner=images')
  answerCalls({ GetParameter: () => ({ Parameter: { Value: 'ami-2' } }) })
  const family = makeFamily({ cloud: 'aws', base: { amiId: 'ami-12345678' }, aws: { tags: { Owner: 'web team' } } }, { name: 'web' })
  const context = { family, version: '2026.11.27', build: 'b1', buildFolder: '/b', expires: '2026-11-27T20:00:00Z' }
  const tags = {
    tool: 'bakehouse',
    family: 'web',
    version: '2026.11.27',
    build: 'b1',
    stage: 'candidate',
    expires: context.expires,
  } as const
  const instance = { instanceId: output('i-1') } as InstanceResource
  const image = sampleLatestGood({ family: 'web', imagesByRegion: { 'eu-central-1': 'ami-2', 'eu-west-1': 'ami-2' } })
  await runtime.runInPulumiStack(async () => {
    const { imageId } = awsResources.image('candidate', { context, name: 'web-2026.11.27-candidate', tags, instance }, {})
    const published = awsResources.publish?.('web', image, { sections: family.sections })
    await (all([imageId, published]) as unknown as { promise(): Promise<unknown> }).promise()
    return {}
  })
  const { environment } = made.candidate as { environment: { BAKEHOUSE_REQUEST: string } }
  const ofSnapshots = JSON.parse(environment.BAKEHOUSE_REQUEST).tags
  const given = { CostCentre: '42', Owner: 'web team', 'bakehouse:family': 'web' }
  for (const found of [made['candidate-image']?.tags, ofSnapshots, made['latest-eu-central-1']?.tags, made['latest-eu-west-1']?.tags]) {
    expect(found).toMatchObject(given)
  }
})

test.each([
  ['false', false, [false, false]],
  ['true', true, [true, false]],
  ['all', 'all', [true, true]],
])('with aws.spot: %s, the base machine and a trial are spot instances: %j', async (_what, spot, expected) => {
  const aws = { ...direct, spot }
  expect([(await machine({ aws })).spot, (await machine({ aws }, 'trial')).spot]).toEqual(expected)
})

test.each(['CostCentre', 'aws:x=1', 'bakehouse:tool=other', 'Name=x'])('%s is not accepted as tags of the project', (text) => {
  expect(() => projectTags(text)).toThrow('Expected BAKEHOUSE_AWS_TAGS')
})

test('only a machine that is reached with Session Manager installs its agent at the first boot', async () => {
  const bucket = 'https://s3.eu-central-1.amazonaws.com/amazon-ssm-eu-central-1/latest'
  const userData = async (aws: object): Promise<string> => {
    await machine({ aws })
    return JSON.stringify(made['base-machine']?.stdin)
  }
  expect(await userData({ reach: 'ssm' })).toContain(`bucket=${bucket}`)
  expect(await userData(direct)).toMatch(/#cloud-config(?!.*amazon-ssm)/s)
})

test('a machine in a given subnet asks for a public address if it is reached there', async () => {
  vi.stubGlobal('fetch', async () => new Response('203.0.113.7\n'))
  const subnetId = 'subnet-12345678'
  expect(await machine({ aws: { subnetId } })).toMatchObject({ wantsAddress: true })
  expect(await machine({ aws: { subnetId, reach: { private: '10.8.0.0/24' } } })).toMatchObject({ wantsAddress: false })
  expect(made['base-network']).toMatchObject({ ingress: [{ cidrBlocks: ['10.8.0.0/24'], fromPort: 22 }] })
  vi.unstubAllGlobals()
})
