import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling'
import {
  CreateTagsCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeSubnetsCommand,
  EC2Client,
  RegisterImageCommand,
} from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openEngine } from '../../src/bakehouse.ts'
import { listConsumers } from '../../src/cloud/aws/consumers.ts'
import { renderTags } from '../../src/cloud/aws/tags.ts'
import { homeFolder } from '../../src/core/paths.ts'
import { type AsgSpec, asgProgram } from '../../stacks/asg/program.ts'
import { refreshInput } from '../../stacks/asg/refresh.ts'
import { writePluginFolder } from '../aws/plugin-folder.ts'
import { withMoto } from '../cloud/aws/with-moto.ts'
import { sampleLatestGood } from '../helpers/latest-good.ts'

const server = withMoto()
const folder = mkdtempSync(join(tmpdir(), 'bh-asg-'))
const signal = new AbortController().signal
const region = 'eu-central-1'
const spec: AsgSpec = {
  ...{ family: 'web', region, subnetIds: [], instanceType: 't3.small', minSize: 2, maxSize: 3, targetGroupArns: [], alarms: ['errors'] },
  ...{ checkpoints: [50, 100], checkpointDelaySeconds: 1, warmupSeconds: 1 },
}

beforeAll(() => {
  mkdirSync(join(folder, '.bakehouse'))
  cpSync(join(homeFolder(), 'tools.json'), join(folder, '.bakehouse/tools.json'))
  process.env.BAKEHOUSE_HOME = join(folder, '.bakehouse')
  process.env.BAKEHOUSE_PLUGINS = writePluginFolder(join(folder, 'plugin'), { quick: true })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Publishes an image in the family stack. */
async function promote(version: string): Promise<string> {
  const client = new EC2Client({})
  const { ImageId = '' } = await client.send(new RegisterImageCommand({ Name: `web-${version}` }))
  const tags = { tool: 'bakehouse', family: 'web', version, build: version, stage: 'promoted', expires: '' } as const
  const Tags = Object.entries(renderTags(tags, version)).map(([Key, Value]) => ({ Key, Value }))
  await client.send(new CreateTagsCommand({ Resources: [ImageId], Tags }))
  await (await (await openEngine()).openStack('web')).up(
    async () => ({ ...sampleLatestGood({ version, imageId: ImageId, imagesByRegion: { [region]: ImageId } }) }),
    {
      message: version,
      signal,
    },
  )
  return ImageId
}

/** The template version of the group, its image, and the images of the instances. */
async function group() {
  const { AutoScalingGroups } = await new AutoScalingClient({}).send(new DescribeAutoScalingGroupsCommand({}))
  const { LaunchTemplateId, Version = '' } = AutoScalingGroups?.[0]?.LaunchTemplate ?? {}
  const query = new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId, Versions: [Version] })
  const { LaunchTemplateVersions } = await new EC2Client({}).send(query)
  return {
    version: Version,
    image: LaunchTemplateVersions?.[0]?.LaunchTemplateData?.ImageId,
    size: AutoScalingGroups?.[0]?.Instances?.length,
  }
}

test('an update moves a group to the next image or back; if new instances are not healthy, the group keeps its image', async () => {
  const { Subnets } = await new EC2Client({}).send(new DescribeSubnetsCommand({}))
  const here = { ...spec, subnetIds: [Subnets?.[0]?.SubnetId ?? ''] }
  const stack = await (await openEngine()).openStack('asg-web')
  const up = (given: AsgSpec) => stack.up(asgProgram(given), { message: 'asg', signal })

  const first = await promote('2026.11.20')
  await up(here)
  expect(await group()).toEqual({ version: '1', image: first, size: 2 })
  expect((await stack.read()).outputs).toMatchObject({ imageId: first, upgrade: 'unchanged' })

  const second = await promote('2026.11.21')
  expect(await group()).toMatchObject({ image: first })
  await up(here)
  expect(await group()).toEqual({ version: '2', image: second, size: 2 })

  const consumers = await listConsumers(region, 'web')
  expect(consumers.find(({ kind }) => kind === 'group')).toMatchObject({ version: '2026.11.21', imageId: second, detail: '2 instances' })
  expect(consumers.filter(({ kind }) => kind === 'launch-template').map(({ version }) => version)).toEqual(['2026.11.20', '2026.11.21'])
  expect(consumers.filter(({ kind }) => kind === 'instance').map(({ version }) => version)).toEqual(['2026.11.21', '2026.11.21'])
  expect(await listConsumers(region, 'other')).toEqual([])

  await up({ ...here, imageId: first })
  expect(await group()).toEqual({ version: '3', image: first, size: 2 })

  const sick = await promote('2026.11.22')
  server.gateway.sick.add(sick)
  await expect(up(here)).rejects.toThrow(/RollbackSuccessful/)
  expect(await group()).toEqual({ version: '3', image: first, size: 2 })
  await stack.destroy({ message: 'gone', signal })
})

test('an upgrade refers to the template version by number, so that AWS can roll back', () => {
  const input = refreshInput({ groupName: 'g', templateId: 'lt-1', version: '7', ...spec })
  expect(input.DesiredConfiguration?.LaunchTemplate).toEqual({ LaunchTemplateId: 'lt-1', Version: '7' })
  expect(input.Preferences).toMatchObject({ AutoRollback: true, MinHealthyPercentage: 100, AlarmSpecification: { Alarms: ['errors'] } })
})
