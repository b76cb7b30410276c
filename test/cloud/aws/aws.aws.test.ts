import {
  CreateImageCommand,
  CreateLaunchTemplateCommand,
  DescribeImagesCommand,
  DescribeSnapshotsCommand,
  EC2Client,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2'
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { afterEach, describe, expect, test } from 'vitest'
import { aws } from '../../../src/cloud/aws/aws.ts'
import { waitForImage } from '../../../src/cloud/aws/wait.ts'
import { MissingError } from '../../../src/core/errors.ts'
import type { Tags } from '../../../src/model/tags.ts'
import { motoImage } from '../../aws/moto.ts'
import { expectPolicy } from '../../aws/policy-calls.ts'
import { makeFamily } from '../../helpers/family.ts'
import { fillBuild } from './fill.ts'
import { refusal, resolve } from './resolve.ts'
import { withMoto } from './with-moto.ts'

const server = withMoto()
let count = 0

function tags(changes: Partial<Tags> = {}): Tags {
  const build = `build${++count}`
  return { tool: 'bakehouse', family: 'tiny', version: '2026.11.23', build, stage: 'base', expires: '2026-11-23T18:00:00Z', ...changes }
}

afterEach(() => {
  server.gateway.faults = {}
})

describe('the resources of a build', () => {
  test('are listed by their tags only', async () => {
    const cloud = await aws()
    const [mine, other] = [tags(), tags()]
    const ids = await fillBuild(mine)
    await fillBuild(other)
    const listed = await cloud.list({ build: mine.build })
    expect(listed.map(({ kind, id }) => [kind, id])).toEqual(Object.entries(ids))
    expect(listed.every((each) => each.tags.build === mine.build && each.tags.expires === mine.expires)).toBe(true)
    expect((await cloud.list({ family: 'tiny' })).length).toBeGreaterThanOrEqual(8)
    expect(await cloud.list({ family: 'other' })).toEqual([])
  })

  test('can be deleted in the order of the list, also twice, with snapshots and other regions', async () => {
    const cloud = await aws()
    const mine = tags()
    const ids = await fillBuild(mine, ['eu-west-1'])
    const listed = await cloud.list({ build: mine.build })
    expect(listed.map(({ id }) => id)).toContain(`eu-west-1/${ids['eu-west-1']}`)
    for (const round of [1, 2]) for (const each of listed) await cloud.delete(each).catch((error) => expect([round, each, error]).toBe(''))
    expect(await cloud.list({ build: mine.build })).toEqual([])
    for (const [region, image] of [
      ['eu-central-1', ids.image],
      ['eu-west-1', ids['eu-west-1']],
    ] as const) {
      const { Snapshots } = await new EC2Client({ region }).send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }))
      expect(Snapshots?.filter(({ Description }) => Description?.includes(image ?? '?'))).toEqual([])
    }
  })

  test('are found and removed although a third of the calls is throttled and new resources are not found at first', async () => {
    server.gateway.faults = { throttle: 0.3, notFound: 3 }
    const cloud = await aws()
    const mine = tags()
    await fillBuild(mine)
    // A resource that was listed but is then not found may be new and not deleted. So the clean-up lists again.
    for (let round = 0; round < 6; round++) for (const each of await cloud.list({ build: mine.build })) await cloud.delete(each)
    expect(await cloud.list({ build: mine.build })).toEqual([])
    expect(server.gateway.injected.throttled).toBeGreaterThan(0)
  })
})

test('the emulator refuses a second image of a name in a region, and the preflight names the first one', async () => {
  const mine = tags({ family: 'web' })
  const { instance = '', image } = await fillBuild(mine)
  const second = new CreateImageCommand({ InstanceId: instance, Name: `image-${mine.build}` })
  await expect(new EC2Client({}).send(second)).rejects.toMatchObject({ name: 'InvalidAMIName.Duplicate' })
  const names = { images: [`image-${mine.build}`], published: new Set<string>() }
  const family = makeFamily({ cloud: 'aws', base: { amiId: motoImage } })
  await expect((await aws()).requireFreeNames?.(family, names)).rejects.toThrow(
    `The image name image-${mine.build} is in use in eu-central-1: ${image}, of the build ${mine.build} of the family web`,
  )
})

describe('a wait', () => {
  test('continues if a new resource is not found yet', async () => {
    server.gateway.faults = { notFound: 4 }
    const ids = await fillBuild(tags())
    await waitForImage(ids.image ?? '', { deadlineMs: 60_000, pauseMs: 10 })
    expect(server.gateway.injected.notFound).toBeGreaterThan(0)
  })

  test.each(['UnauthorizedOperation', 'ExpiredToken', 'AuthFailure'])('ends at the first %s', async (code) => {
    server.gateway.faults = { refuse: { DescribeImages: code } }
    const before = server.gateway.calls.length
    await expect(waitForImage(motoImage, { deadlineMs: 60_000 })).rejects.toThrow(MissingError)
    expect(server.gateway.calls.length - before).toBe(1)
  })
})

describe('the base image', () => {
  test('can be an image ID', async () => {
    expect(await resolve()).toMatchObject({ id: motoImage, digest: motoImage })
  })

  test('can be the newest image of given owners, by name', async () => {
    const { Images = [] } = await new EC2Client({}).send(new DescribeImagesCommand({ Owners: ['amazon'] }))
    const x86 = Images.filter(({ Architecture, Name }) => Architecture === 'x86_64' && Name?.startsWith('al2023'))
    const newest = x86
      .map(({ CreationDate }) => CreationDate ?? '')
      .sort()
      .at(-1)
    const found = (await resolve({ base: { ami: { owners: ['amazon'], name: 'al2023*' } } })) as { id: string }
    expect(Images.find(({ ImageId }) => ImageId === found.id)?.CreationDate).toBe(newest)
  })

  test('is never an image of another owner with the same name', async () => {
    const base = { ami: { owners: ['099720109477'], name: 'al2023*' } }
    await expect(resolve({ base })).rejects.toThrow(MissingError)
  })

  test('can be the value of an SSM parameter', async () => {
    await new SSMClient({}).send(new PutParameterCommand({ Name: '/images/base', Type: 'String', Value: motoImage }))
    expect(await resolve({ base: { parameter: '/images/base' } })).toMatchObject({ id: motoImage })
    await expect(resolve({ base: { parameter: '/images/none' } })).rejects.toThrow('/images/none')
  })

  test('can be the latest good image of another family in this region, from the outputs of its stack', async () => {
    const { image = '' } = await fillBuild(tags({ family: 'parent', stage: 'promoted', expires: '' }))
    const base = { family: 'parent' }
    const latest = { family: 'parent', version: '2026.11.22', imagesByRegion: { 'eu-central-1': image, 'eu-west-1': 'ami-1' } }
    // Another user may have set the parameter.
    await new SSMClient({}).send(new PutParameterCommand({ Name: '/bakehouse/parent/latest', Type: 'String', Value: motoImage }))
    expect(await resolve({ base }, latest)).toMatchObject({ id: image, ancestor: { family: 'parent', version: '2026.11.22' } })
    const elsewhere = await refusal({ base }, { ...latest, imagesByRegion: { 'eu-west-1': 'ami-1' } })
    expect([elsewhere.exitCode, elsewhere.message]).toEqual([3, expect.stringContaining('is in eu-west-1 but not in eu-central-1')])
  })
})

describe('the consumers of an image', () => {
  test('are searched in every region that has a copy', async () => {
    const { image, 'eu-west-1': copy } = await fillBuild(tags({ family: 'spread', stage: 'promoted', expires: '' }), ['eu-west-1'])
    const there = new EC2Client({ region: 'eu-west-1' })
    const { Instances } = await there.send(new RunInstancesCommand({ ImageId: copy, MinCount: 1, MaxCount: 1 }))
    const LaunchTemplateData = { ImageId: image }
    const { LaunchTemplate } = await new EC2Client({}).send(
      new CreateLaunchTemplateCommand({ LaunchTemplateName: 'spread', LaunchTemplateData }),
    )
    expect(await (await aws()).consumers?.('spread')).toEqual([
      { kind: 'launch-template', id: `${LaunchTemplate?.LaunchTemplateId}:1`, imageId: image, version: '2026.11.23', detail: 'spread' },
      { kind: 'instance', id: `eu-west-1/${Instances?.[0]?.InstanceId}`, imageId: copy, version: '2026.11.23', detail: 'running' },
    ])
  })
})

test('the policy allows each call of these tests, and needs them', () => {
  expectPolicy(server.gateway, 'aws.aws.test.ts')
})
