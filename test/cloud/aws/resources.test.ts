import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Output, runtime } from '@pulumi/pulumi'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { projectTags } from '../../../src/cloud/aws/family-tags.ts'
import { awsResources } from '../../../src/cloud/aws/resources.ts'
import type { InstanceSpec } from '../../../src/cloud/cloud.ts'
import { makeFamily } from '../../helpers/family.ts'
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
      return { id: `${name}-id`, state: { ...inputs, publicIp: '', privateIp: '10.0.0.4', stdout: '{}' } }
    },
  })
  answerCalls({
    DescribeImages: () => ({
      Images: [{ RootDeviceName: '/dev/xvda', BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 8 } }] }],
    }),
    DescribeSubnets: () => ({ Subnets: [{ VpcId: 'vpc-1' }] }),
  })
})
afterEach(() => {
  rmSync(folder, { recursive: true })
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

/** Declares a machine, and returns the inputs of the instance. */
async function machine(fields: object, stage: InstanceSpec['stage'] = 'base'): Promise<Inputs> {
  const family = makeFamily({ cloud: 'aws', base: { amiId: 'ami-12345678' }, ...fields }, { name: 'web' })
  const context = { family, version: '2026.11.27', build: 'b1', buildFolder: '/b', expires: '2026-11-27T20:00:00Z' }
  await runtime.runInPulumiStack(async () => {
    const knownHostsFile = join(mkdtempSync(join(folder, 'keys-')), 'known_hosts')
    const spec = { context, stage, image: 'ami-1', publicKey: 'k', identityFile: '/i', knownHostsFile, warm: false }
    const { host } = awsResources.instance(stage, spec, {})
    await (host as Output<unknown> as unknown as { promise(): Promise<unknown> }).promise()
    return {}
  })
  return made[`${stage}-machine`] ?? {}
}

const direct = { reach: { proxyCommand: 'nc %h %p' } }

test.each([
  ['as large as the base image, if machine.disk is smaller', 4, undefined],
  ['as large as machine.disk, if that is larger', 40, 40],
])('the root volume of the base machine is %s', async (_what, disk, volumeSize) => {
  const { rootBlockDevice } = await machine({ machine: { disk }, aws: direct })
  expect((rootBlockDevice as Inputs).volumeSize).toBe(volumeSize)
})

const disks = [{ device: '/dev/sdf', size: 100, throughput: 250, type: 'gp3' }]

test('the base machine has the volumes of the family; a trial has those of the image', async () => {
  const aws = { ...direct, volume: { type: 'io2', iops: 5000 }, disks }
  const base = await machine({ aws })
  expect(base.rootBlockDevice).toMatchObject({ encrypted: true, volumeType: 'io2', iops: 5000 })
  expect(base.ebsBlockDevices).toEqual([
    { encrypted: true, deleteOnTermination: true, deviceName: '/dev/sdf', volumeSize: 100, volumeType: 'gp3', throughput: 250 },
  ])
  expect(await machine({ aws }, 'trial')).toMatchObject({ rootBlockDevice: { encrypted: true, deleteOnTermination: true } })
  expect(made['trial-machine']).not.toHaveProperty('ebsBlockDevices')
})

test('everything of a machine has the tags of the project, of the family and of Bakehouse', async () => {
  vi.stubEnv('BAKEHOUSE_AWS_TAGS', 'CostCentre=42, Owner=images')
  const { tags, volumeTags } = await machine({ aws: { ...direct, tags: { Owner: 'web team' } } })
  const expected = { CostCentre: '42', Owner: 'web team', 'bakehouse:build': 'b1', Name: 'web-2026.11.27-base' }
  for (const found of [tags, volumeTags, made['base-key']?.tags, made['base-network']?.tags]) expect(found).toMatchObject(expected)
})

test.each(['CostCentre', 'aws:x=1', 'bakehouse:tool=other', 'Name=x'])('%s is not accepted as tags of the project', (text) => {
  expect(() => projectTags(text)).toThrow('Expected BAKEHOUSE_AWS_TAGS')
})

test('a machine in a given subnet asks for a public address if it is reached there', async () => {
  vi.stubGlobal('fetch', async () => new Response('203.0.113.7\n'))
  const subnetId = 'subnet-12345678'
  expect(await machine({ aws: { subnetId } })).toMatchObject({ associatePublicIpAddress: true })
  expect(await machine({ aws: { subnetId, reach: { private: '10.8.0.0/24' } } })).not.toHaveProperty('associatePublicIpAddress')
  expect(made['base-network']).toMatchObject({ ingress: [{ cidrBlocks: ['10.8.0.0/24'], fromPort: 22 }] })
  vi.unstubAllGlobals()
})
