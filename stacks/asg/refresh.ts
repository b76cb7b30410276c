import { setTimeout as sleep } from 'node:timers/promises'
import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
  type InstanceRefresh,
  type LaunchTemplateSpecification,
  StartInstanceRefreshCommand,
  type StartInstanceRefreshCommandInput,
} from '@aws-sdk/client-auto-scaling'
import { ask } from '../../src/cloud/aws/clients.ts'
import { defined } from '../../src/core/defined.ts'
import { writeError } from '../../src/core/error-lines.ts'
import { MissingError, RejectedError } from '../../src/core/errors.ts'
import { print, say } from '../../src/core/output.ts'
import { requestHandler } from '../../src/core/request-handler.ts'

/** An upgrade of a group: the template version, and how to replace instances. */
export interface RefreshRequest {
  readonly groupName: string
  readonly templateId: string
  /** A number. Auto Scaling cannot roll back from `$Latest` or `$Default`. */
  readonly version: string
  readonly alarms: readonly string[]
  readonly checkpoints: readonly number[]
  readonly checkpointDelaySeconds: number
  readonly warmupSeconds: number
}

/** The instance refresh of an upgrade. The group gets the new template only if all instances are healthy; else AWS rolls back. */
export function refreshInput(request: RefreshRequest): StartInstanceRefreshCommandInput {
  const { alarms, checkpoints, checkpointDelaySeconds, warmupSeconds } = request
  return {
    AutoScalingGroupName: request.groupName,
    Strategy: 'Rolling',
    DesiredConfiguration: { LaunchTemplate: { LaunchTemplateId: request.templateId, Version: request.version } },
    Preferences: {
      AutoRollback: true,
      SkipMatching: true,
      MinHealthyPercentage: 100,
      MaxHealthyPercentage: 110,
      InstanceWarmup: warmupSeconds,
      CheckpointPercentages: [...checkpoints],
      CheckpointDelay: checkpointDelaySeconds,
      ScaleInProtectedInstances: 'Wait',
      StandbyInstances: 'Wait',
      ...defined({ AlarmSpecification: alarms.length > 0 ? { Alarms: [...alarms] } : undefined }),
    },
  }
}

/** The shortest and the longest time between two polls, in ms. In between, it is a tenth of the time waited so far. */
interface Pause {
  readonly first: number
  readonly longest: number
}

/**
 * Moves the group to the version and waits for the end. Returns `unchanged` if it has this version. A refresh that an interrupted update
 * left running is joined if it moves the group to this version; else it is waited for. Throws if AWS rolled back.
 */
export async function refresh(
  request: RefreshRequest,
  pause: Pause = { first: 1_000, longest: 15_000 },
): Promise<'unchanged' | 'upgraded'> {
  const client = new AutoScalingClient({ maxAttempts: 12, requestHandler })
  const running = await findRunning(client, request.groupName)
  const joined = hasVersion(running?.DesiredConfiguration?.LaunchTemplate, request) ? running : undefined
  const waitForEnd = (which: Pick<InstanceRefresh, 'InstanceRefreshId'>) => follow(client, request, { ...which, pause })
  if (running && !joined) await waitForEnd(running)
  if (!joined && hasVersion(await readTemplate(client, request.groupName), request)) return 'unchanged'
  const started = joined ?? (await client.send(new StartInstanceRefreshCommand(refreshInput(request))))
  const state = await waitForEnd(started)
  if (state?.Status === 'Successful') return 'upgraded'
  throw new RejectedError(`the upgrade of ${request.groupName} failed (${state?.Status}): ${state?.StatusReason ?? 'no reason given'}`, {
    hint: `read why instances were not healthy: aws autoscaling describe-scaling-activities --auto-scaling-group-name ${request.groupName}`,
  })
}

function hasVersion(template: LaunchTemplateSpecification | undefined, { templateId, version }: RefreshRequest): boolean {
  return template?.LaunchTemplateId === templateId && template.Version === version
}

async function readTemplate(client: AutoScalingClient, name: string): Promise<LaunchTemplateSpecification | undefined> {
  const query = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] })
  const group = (await client.send(query)).AutoScalingGroups?.[0]
  if (!group) throw new MissingError(`Auto Scaling group ${name} does not exist`, { hint: 'create it again: pulumi up' })
  return group.LaunchTemplate
}

/** The refresh of the group that has not ended. AWS runs one at a time, and refuses to start a second one. */
async function findRunning(client: AutoScalingClient, AutoScalingGroupName: string): Promise<InstanceRefresh | undefined> {
  const { InstanceRefreshes } = await client.send(new DescribeInstanceRefreshesCommand({ AutoScalingGroupName }))
  return InstanceRefreshes?.find(({ Status }) => !isOver(Status))
}

/** Prints the progress of a refresh until it has ended. */
async function follow(
  client: AutoScalingClient,
  { groupName }: RefreshRequest,
  { InstanceRefreshId = '', pause }: Pick<InstanceRefresh, 'InstanceRefreshId'> & { readonly pause: Pause },
): Promise<InstanceRefresh | undefined> {
  for (const started = Date.now(); ; ) {
    const state = await describe(client, groupName, InstanceRefreshId)
    if (isOver(state?.Status)) return state
    say(`${state?.Status} ${state?.PercentageComplete ?? 0} % ${state?.StatusReason ?? ''}`)
    await sleep(Math.min(pause.longest, Math.max(pause.first, (Date.now() - started) / 10)))
  }
}

async function describe(client: AutoScalingClient, group: string, id: string): Promise<InstanceRefresh | undefined> {
  const query = new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: group, InstanceRefreshIds: [id] })
  return (await client.send(query)).InstanceRefreshes?.[0]
}

function isOver(status: string | undefined): boolean {
  return ['Successful', 'Failed', 'Cancelled', 'RollbackSuccessful', 'RollbackFailed'].includes(status ?? '')
}

if (import.meta.main) {
  try {
    const request = JSON.parse(process.env.BAKEHOUSE_REFRESH ?? '') as RefreshRequest
    print(await ask(`to upgrade ${request.groupName}`, () => refresh(request)))
  } catch (error) {
    process.exitCode = writeError(error)
  }
}
