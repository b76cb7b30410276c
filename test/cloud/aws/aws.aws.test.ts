import { DescribeImagesCommand, DescribeSnapshotsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { afterEach, describe, expect, test } from 'vitest'
import { aws } from '../../../src/cloud/aws/aws.ts'
import { waitForImage } from '../../../src/cloud/aws/wait.ts'
import { MissingError, UsageError } from '../../../src/core/errors.ts'
import type { Tags } from '../../../src/core/model.ts'
import type { Family } from '../../../src/family/family.ts'
import { familySchema } from '../../../src/family/schema.ts'
import { motoImage } from '../../aws/moto.ts'
import { fillBuild } from './fill.ts'
import { withMoto } from './with-moto.ts'

const server = withMoto()
const never = new AbortController().signal
let count = 0

function tags(changes: Partial<Tags> = {}): Tags {
  const build = `build${++count}`
  return { tool: 'bakehouse', family: 'tiny', version: '2026.11.23', build, stage: 'base', expires: '2026-11-23T18:00:00Z', ...changes }
}

function family(changes: object = {}): Family {
  return { name: 'tiny', folder: '/nowhere', ...familySchema.parse({ cloud: 'aws', base: { amiId: motoImage }, ...changes }) }
}

async function resolve(changes: object = {}): Promise<unknown> {
  return (await aws()).resolveBase(family(changes), () => {}, never)
}

afterEach(() => {
  server.gateway.faults = {}
})

describe('what a build has made', () => {
  test('is listed by its tags, and by nothing else', async () => {
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

  test('is deleted in the order of the list, twice without complaint, snapshots and other regions included', async () => {
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

  test('is found and removed though a third of all calls is throttled, and what is new is not there at first', async () => {
    server.gateway.faults = { throttle: 0.3, notFound: 3 }
    const cloud = await aws()
    const mine = tags()
    await fillBuild(mine)
    // What was listed and is then said not to be there may be new rather than gone: whoever cleans looks again.
    for (let round = 0; round < 6; round++) for (const each of await cloud.list({ build: mine.build })) await cloud.delete(each)
    expect(await cloud.list({ build: mine.build })).toEqual([])
    expect(server.gateway.injected.throttled).toBeGreaterThan(0)
  }, 120_000)
})

describe('a wait', () => {
  test('survives that what was just made is not there yet', async () => {
    server.gateway.faults = { notFound: 4 }
    const ids = await fillBuild(tags())
    await waitForImage(ids.image ?? '', { deadlineMs: 60_000, pauseMs: 10 })
    expect(server.gateway.injected.notFound).toBeGreaterThan(0)
  }, 60_000)

  test.each(['UnauthorizedOperation', 'ExpiredToken', 'AuthFailure'])('ends at the first %s', async (code) => {
    server.gateway.faults = { refuse: { DescribeImages: code } }
    const before = server.gateway.calls.length
    await expect(waitForImage(motoImage, { deadlineMs: 60_000 })).rejects.toThrow(MissingError)
    expect(server.gateway.calls.length - before).toBe(1)
  })
})

describe('the base', () => {
  test('is a fixed image', async () => {
    expect(await resolve()).toMatchObject({ id: motoImage, digest: motoImage })
  })

  test('is the newest of these owners by name', async () => {
    const { Images = [] } = await new EC2Client({}).send(new DescribeImagesCommand({ Owners: ['amazon'] }))
    const x86 = Images.filter(({ Architecture, Name }) => Architecture === 'x86_64' && Name?.startsWith('al2023'))
    const newest = x86
      .map(({ CreationDate }) => CreationDate ?? '')
      .sort()
      .at(-1)
    const found = (await resolve({ base: { ami: { owners: ['amazon'], name: 'al2023*' } } })) as { id: string }
    expect(Images.find(({ ImageId }) => ImageId === found.id)?.CreationDate).toBe(newest)
  })

  test('is never taken from somebody else who used the name', async () => {
    const base = { ami: { owners: ['099720109477'], name: 'al2023*' } }
    await expect(resolve({ base })).rejects.toThrow(UsageError)
  })

  test('is what a parameter holds', async () => {
    await new SSMClient({}).send(new PutParameterCommand({ Name: '/images/base', Type: 'String', Value: motoImage }))
    expect(await resolve({ base: { parameter: '/images/base' } })).toMatchObject({ id: motoImage })
    await expect(resolve({ base: { parameter: '/images/none' } })).rejects.toThrow('/images/none')
  })

  test("is another family's latest good image, with its version", async () => {
    const mine = tags({ family: 'parent', stage: 'promoted', expires: '' })
    const { image = '' } = await fillBuild(mine)
    await expect(resolve({ base: { family: 'parent' } })).rejects.toThrow('bake it first')
    await new SSMClient({}).send(new PutParameterCommand({ Name: '/bakehouse/parent/latest', Type: 'String', Value: image }))
    expect(await resolve({ base: { family: 'parent' } })).toMatchObject({
      id: image,
      ancestor: { family: 'parent', version: '2026.11.23' },
    })
  })
})

describe('the preflight', () => {
  test.each([
    ['an image that is not there', { base: { amiId: 'ami-00000000' } }, UsageError, 'ami-00000000'],
    ['an instance type that is not there', { aws: { instanceType: 'q9.small' } }, UsageError, 'q9.small'],
    ['an instance type of another architecture', { aws: { instanceType: 't4g.small' } }, UsageError, 'arm64'],
    ['a subnet that is not there', { aws: { subnetId: 'subnet-00000000' } }, UsageError, 'subnet-00000000'],
    ['sharing without a key', { aws: { share: { accounts: ['123456789012'] } } }, UsageError, 'aws.kmsKeyId'],
    [
      "sharing with AWS's own key",
      { aws: { kmsKeyId: 'alias/aws/ebs', share: { accounts: ['123456789012'] } } },
      UsageError,
      'aws.kmsKeyId',
    ],
  ])('refuses %s', async (_what, changes, kind, words) => {
    const error = (await resolve(changes).catch((thrown: unknown) => thrown)) as MissingError
    expect(error).toBeInstanceOf(kind)
    expect(error.message).toContain(words)
  })

  test.each([
    ['GetCallerIdentity', 'ExpiredToken'],
    ['DescribeImages', 'UnauthorizedOperation'],
    ['DescribeVpcs', 'UnauthorizedOperation'],
  ])('says what to do when %s is answered by %s', async (action, code) => {
    server.gateway.faults = { refuse: { [action]: code } }
    const error = (await resolve().catch((thrown: unknown) => thrown)) as MissingError
    expect(error).toBeInstanceOf(MissingError)
    expect(error.hint).toBeTruthy()
  })

  test('refuses credentials that end before the bake', async () => {
    process.env.AWS_CREDENTIAL_EXPIRATION = new Date(Date.now() + 10 * 60_000).toISOString()
    try {
      await expect(resolve()).rejects.toThrow(/end in (9|10) min/)
    } finally {
      delete process.env.AWS_CREDENTIAL_EXPIRATION
    }
  })
})
