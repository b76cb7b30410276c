import { afterEach, expect, test, vi } from 'vitest'
import { type RefreshRequest, refresh } from '../../stacks/asg/refresh.ts'
import { answerCalls } from '../cloud/aws/answer-calls.ts'

const request: RefreshRequest = {
  ...{ groupName: 'web', templateId: 'lt-1', version: '3', alarms: [], checkpoints: [100] },
  ...{ checkpointDelaySeconds: 0, warmupSeconds: 0 },
}
const template = (Version: string) => ({ LaunchTemplateId: 'lt-1', Version })

const pause = { first: 1, longest: 1 }

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

/** A group with version 1, in which a refresh to this version runs. It ends at the second look. */
function groupWithRefresh(version: string | undefined) {
  const looks: Record<string, number> = { old: version === undefined ? 9 : 0, new: 0 }
  const state = (InstanceRefreshId: string, Version = '3') => {
    looks[InstanceRefreshId] = (looks[InstanceRefreshId] ?? 0) + 1
    const Status = (looks[InstanceRefreshId] ?? 0) > 2 ? 'Successful' : 'InProgress'
    return { InstanceRefreshId, Status, DesiredConfiguration: { LaunchTemplate: template(Version) } }
  }
  return answerCalls({
    DescribeAutoScalingGroups: () => ({ AutoScalingGroups: [{ LaunchTemplate: template('1') }] }),
    DescribeInstanceRefreshes: ({ InstanceRefreshIds: [id = 'old'] = [] }: { InstanceRefreshIds?: string[] }) => ({
      InstanceRefreshes: [state(id, id === 'old' ? version : '3')],
    }),
    StartInstanceRefresh: () => ({ InstanceRefreshId: 'new' }),
  })
}

const started = (calls: readonly (readonly [string, object])[]): number => calls.filter(([call]) => /:Start/.test(call)).length

test('an upgrade joins the refresh to the same version that an interrupted update left running', async () => {
  const calls = groupWithRefresh('3')
  expect(await refresh(request, pause)).toBe('upgraded')
  expect(started(calls)).toBe(0)
})

test('an upgrade waits for a running refresh to another version, and then starts its own', async () => {
  const calls = groupWithRefresh('2')
  expect(await refresh(request, pause)).toBe('upgraded')
  const words = calls.map(([call, input]) => [call, (input as { InstanceRefreshIds?: string[] }).InstanceRefreshIds?.[0]].join(' '))
  expect(words.findLastIndex((word) => word.endsWith(' old'))).toBeLessThan(words.findIndex((word) => /:Start/.test(word)))
  expect(started(calls)).toBe(1)
})

test('an upgrade starts a refresh if none is running', async () => {
  const calls = groupWithRefresh(undefined)
  expect(await refresh(request, pause)).toBe('upgraded')
  expect(started(calls)).toBe(1)
})
