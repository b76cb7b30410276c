import { afterEach, expect, test, vi } from 'vitest'
import { tagSnapshotsOf } from '../../../src/cloud/aws/delete.ts'
import { finish } from '../../../src/cloud/aws/finish.ts'
import { answerCalls } from './answer-calls.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

const Tags = [
  { Key: 'bakehouse:build', Value: 'b1' },
  { Key: 'aws:cloudformation:stack-name', Value: 'x' },
]

/** Two regions, each with an image of two snapshots, with the region in their IDs. */
function answerImages() {
  const done = () => ({})
  return answerCalls({
    DescribeImages: (_input, region) => ({
      Images: [{ State: 'available', Tags, BlockDeviceMappings: ['a', 'b'].map((each) => ({ Ebs: { SnapshotId: `${region}-${each}` } })) }],
    }),
    ...{ CreateTags: done, ModifySnapshotAttribute: done, ModifyImageAttribute: done, DeleteTags: done },
  })
}

const finishing = {
  tags: { 'bakehouse:tool': 'bakehouse' },
  protect: false,
  imagesByRegion: { 'eu-central-1': 'ami-1', 'eu-west-1': 'ami-2' },
}

test('accounts that may copy the image can read each of its snapshots, in every region', async () => {
  const calls = answerImages()
  await finish({ ...finishing, copiers: ['111111111111', '222222222222'] })
  const shared = calls.filter(([call]) => call.endsWith(':ModifySnapshotAttribute'))
  expect(shared.map(([call, input]) => [call.split(':')[0], (input as { SnapshotId: string }).SnapshotId]).sort()).toEqual([
    ['eu-central-1', 'eu-central-1-a'],
    ['eu-central-1', 'eu-central-1-b'],
    ['eu-west-1', 'eu-west-1-a'],
    ['eu-west-1', 'eu-west-1-b'],
  ])
  const permission = { Attribute: 'createVolumePermission', OperationType: 'add', UserIds: ['111111111111', '222222222222'] }
  for (const [, input] of shared) expect(input).toMatchObject(permission)
})

test('without share.copy, no snapshot is shared', async () => {
  const calls = answerImages()
  await finish(finishing)
  expect(calls.map(([call]) => call)).not.toContain('eu-central-1:ModifySnapshotAttribute')
})

test('the snapshots of an image get its tags in its own region, without those that AWS has set', async () => {
  const calls = answerImages()
  const tags = { tool: 'bakehouse', family: 'web', version: '2026.11.27', build: 'b1', stage: 'promoted', expires: '' } as const
  const created = [
    { kind: 'image', id: 'eu-west-1/ami-2', tags, state: 'pending' },
    { kind: 'instance', id: 'i-1', tags, state: 'running' },
  ] as const
  const parts = await tagSnapshotsOf(created, 'eu-central-1')
  expect(parts.map(({ kind, id }) => [kind, id])).toEqual([
    ['snapshot', 'eu-west-1/eu-west-1-a'],
    ['snapshot', 'eu-west-1/eu-west-1-b'],
  ])
  expect(calls.filter(([call]) => call.endsWith(':CreateTags'))).toEqual([
    ['eu-west-1:CreateTags', { Resources: ['eu-west-1-a', 'eu-west-1-b'], Tags: [{ Key: 'bakehouse:build', Value: 'b1' }] }],
  ])
})
