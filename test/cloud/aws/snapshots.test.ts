import { afterEach, expect, test, vi } from 'vitest'
import { finish } from '../../../src/cloud/aws/finish.ts'
import { answerCalls } from './answer-calls.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

/** Two regions, each with an image of two snapshots, with the region in their IDs. */
function answerImages() {
  const done = () => ({})
  return answerCalls({
    DescribeImages: (_input, region) => ({
      Images: [{ State: 'available', BlockDeviceMappings: ['a', 'b'].map((each) => ({ Ebs: { SnapshotId: `${region}-${each}` } })) }],
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
