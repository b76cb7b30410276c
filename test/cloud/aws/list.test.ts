import { afterEach, expect, it, vi } from 'vitest'
import { aws } from '../../../src/cloud/aws/aws.ts'
import { findForeign } from '../../../src/cloud/aws/list.ts'
import type { Cloud } from '../../../src/cloud/cloud.ts'
import { answerCalls, awsError } from './answer-calls.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

const tags = { tool: 'bakehouse', family: 'web', version: '2026.11.23', build: 'b1', stage: 'trial', expires: '' } as const

it.each([
  ['a key pair with the name of its build', { kind: 'key', names: ['bakehouse-b1-trial'] }, undefined],
  [
    'a key pair with another name',
    { kind: 'key', names: ['production'] },
    'its name is production, and those of its build begin with bakehouse-b1-',
  ],
  ['an instance with the key pair of its build', { kind: 'instance', names: ['bakehouse-b1-base'] }, undefined],
  [
    'an instance with another key pair',
    { kind: 'instance', names: ['ops'] },
    'its key pair is ops, and those of its build begin with bakehouse-b1-',
  ],
  ['an instance without a key pair', { kind: 'instance', names: [undefined] }, 'it has no key pair'],
  ['an image with the name of its build', { kind: 'image', names: ['web-2026.11.23-candidate'] }, undefined],
  [
    'an image with another name',
    { kind: 'image', names: ['golden'] },
    'its name is golden, and those of its build begin with web-2026.11.23',
  ],
  ['a group that another account shares', { kind: 'network', names: ['bakehouse-b1-x'], owner: '2' }, 'it belongs to the account 2'],
  ['a volume, which has no name of its own', { kind: 'volume' }, undefined],
] as const)('of a build or not: %s', (_what, found, why) => {
  expect(findForeign(found, tags, '1')).toBe(why)
})

const owned = Object.entries({ ...tags, stage: 'promoted' }).map(([key, Value]) => ({ Key: `bakehouse:${key}`, Value }))

/** EC2 with an image in eu-west-1 and, until it is deleted, one at home that names this region. Other regions reject the credentials. */
function withCopyAbroad(): { deleteHome(): void } {
  let home = [{ ImageId: 'ami-1', Name: 'web-2026.11.23', Tags: [...owned, { Key: 'bakehouse:regions', Value: 'eu-west-1' }] }]
  const images: Record<string, () => object[]> = {
    'eu-central-1': () => home,
    'eu-west-1': () => [{ ImageId: 'ami-2', Name: 'web-2026.11.23', Tags: owned }],
  }
  const none = (): object => ({})
  answerCalls({
    GetCallerIdentity: () => ({ Account: '1' }),
    DescribeImages: (_input, region) => {
      const found = images[region]
      if (found === undefined) throw awsError('AuthFailure')
      return { Images: found() }
    },
    ...{ DescribeInstances: none, DescribeVolumes: none, DescribeSnapshots: none, DescribeKeyPairs: none, DescribeSecurityGroups: none },
  })
  return {
    deleteHome() {
      home = []
    },
  }
}

const ids = async (cloud: Cloud, regions?: string[]): Promise<string[]> =>
  (await cloud.list({ tool: 'bakehouse', family: 'web' }, regions)).map(({ id }) => id)

it('a copy in another region is still listed when nothing at home names that region any more', async () => {
  const account = withCopyAbroad()
  const cloud = await aws()
  expect(await ids(cloud)).toEqual(['ami-1', 'eu-west-1/ami-2'])
  account.deleteHome()
  expect(await ids(cloud)).toEqual(['eu-west-1/ami-2'])
})

it('copies are also listed in the regions of earlier images, but one of these regions that cannot be asked is left out', async () => {
  withCopyAbroad().deleteHome()
  const cloud = await aws()
  expect(await ids(cloud)).toEqual([])
  expect(await ids(cloud, ['eu-central-1', 'eu-west-1', 'ap-east-1'])).toEqual(['eu-west-1/ami-2'])
})
