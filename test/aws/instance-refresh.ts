import { randomUUID } from 'node:crypto'
import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  TerminateInstanceInAutoScalingGroupCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling'
import { DescribeLaunchTemplateVersionsCommand, EC2Client } from '@aws-sdk/client-ec2'
import type { Answer, Call } from './call.ts'
import { ownCalls } from './own-calls.ts'

interface Refresh {
  readonly group: string
  readonly template: string
  readonly version: string
  readonly rollback: boolean
  looks: number
  status: string
}

/** Instance refreshes, which moto does not have. One ends at the second poll. Instances of images in `sick` never become healthy. */
export function createRefreshes(endpoint: string, sick: ReadonlySet<string>): (call: Call) => Promise<Answer | undefined> {
  const refreshes = new Map<string, Refresh>()
  return async ({ action, body, region }) => {
    const parameters = new Map(body.split('&').map((pair) => pair.split('=', 2) as [string, string]))
    if (action === 'StartInstanceRefresh') {
      const version = parameters.get('DesiredConfiguration.LaunchTemplate.Version') ?? ''
      const rollback = parameters.get('Preferences.AutoRollback') === 'true'
      const template = parameters.get('DesiredConfiguration.LaunchTemplate.LaunchTemplateId') ?? ''
      if (rollback && !/^\d+$/.test(version)) return { status: 400, code: 'ValidationError' }
      const id = randomUUID()
      refreshes.set(id, { group: parameters.get('AutoScalingGroupName') ?? '', template, version, rollback, looks: 0, status: 'Pending' })
      return respond(action, `<InstanceRefreshId>${id}</InstanceRefreshId>`)
    }
    if (action !== 'DescribeInstanceRefreshes') return undefined
    const id = parameters.get('InstanceRefreshIds.member.1')
    if (id === undefined) return respond(action, '<InstanceRefreshes/>')
    const refresh = refreshes.get(id)
    if (!refresh) return { status: 400, code: 'ValidationError' }
    refresh.status = ++refresh.looks < 2 ? 'InProgress' : await finish(ownCalls(endpoint, region), refresh, sick)
    const fields = `<InstanceRefreshId>${id}</InstanceRefreshId><Status>${refresh.status}</Status><PercentageComplete>50</PercentageComplete>`
    return respond(action, `<InstanceRefreshes><member>${fields}</member></InstanceRefreshes>`)
  }
}

async function finish(settings: ReturnType<typeof ownCalls>, refresh: Refresh, sick: ReadonlySet<string>): Promise<string> {
  const client = new AutoScalingClient(settings)
  const { group: AutoScalingGroupName, template: LaunchTemplateId, version: Version, rollback } = refresh
  const query = new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId, Versions: [Version] })
  const { LaunchTemplateVersions } = await new EC2Client(settings).send(query)
  if (sick.has(LaunchTemplateVersions?.[0]?.LaunchTemplateData?.ImageId ?? '')) return rollback ? 'RollbackSuccessful' : 'Failed'
  await client.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName, LaunchTemplate: { LaunchTemplateId, Version } }))
  const { AutoScalingGroups } = await client.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [AutoScalingGroupName] }))
  for (const { InstanceId } of AutoScalingGroups?.[0]?.Instances ?? []) {
    await client.send(new TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity: false }))
  }
  return 'Successful'
}

function respond(action: string, result: string): Answer {
  const namespace = 'http://autoscaling.amazonaws.com/doc/2011-01-01/'
  const body = `<${action}Response xmlns="${namespace}"><${action}Result>${result}</${action}Result></${action}Response>`
  return {
    status: 200,
    body: `${body.slice(0, -`</${action}Response>`.length)}<ResponseMetadata><RequestId>test</RequestId></ResponseMetadata></${action}Response>`,
  }
}
