import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DescribeImageAttributeCommand, EC2Client } from '@aws-sdk/client-ec2'
import { expect, test } from 'vitest'
import { keepProgram } from '../../src/graph/build.ts'
import { findLatestGood } from '../../src/life/latest-good.ts'
import { openProjectEngine } from '../../src/life/open-engine.ts'
import { promote } from '../../src/life/promote.ts'
import type { RecordedMachine } from '../../src/model/record.ts'
import { withMoto } from '../cloud/aws/with-moto.ts'
import { accounts, bake, census, folder, makeSpec, stackName, toLatestGood, withEmulatedGraph } from './emulated-graph.ts'
import { expectPolicy } from './policy-calls.ts'

const server = withMoto()
withEmulatedGraph()
const never = new AbortController().signal

/** Settings with a second instance type, for the machines of a build that EC2 has no capacity for at first. */
const choosy = { instanceType: ['t3.small', 't3.medium'], zones: ['eu-central-1a'], spot: true, tags: { CostCentre: '42' } }

test('a build leaves one image per region, shared, protected, watermarked and tagged; destroying its stack leaves nothing', async () => {
  const before = await census('none')
  const graph = await makeSpec({}, choosy)
  const machines: RecordedMachine[] = []
  server.gateway.faults = {
    refuse: { RunInstances: { code: 'InsufficientInstanceCapacity', words: 'InstanceType=t3.small' } },
    demandTags: ['bakehouse:build', 'CostCentre'],
  }
  const { stack, outputs } = await bake({ ...graph, onMachine: (machine) => machines.push(machine) })
  server.gateway.faults = {}
  expect(machines).toEqual([
    { name: 'base', kind: 't3.medium in eu-central-1a, spot' },
    { name: 'trial', kind: 't3.medium in eu-central-1a' },
  ])
  const events = readFileSync(join(graph.context.buildFolder, 'events.jsonl'), 'utf8').trim().split('\n')
  expect(events.map((line) => (JSON.parse(line) as { text: string }).text)).toEqual(
    Array(2).fill('EC2 cannot start t3.small in eu-central-1a now (InsufficientInstanceCapacity); next: t3.medium in eu-central-1a'),
  )
  const after = await census(graph.context.build)
  for (const [region, found] of [
    ['eu-central-1', after.home],
    ['eu-west-1', after.other],
  ] as const) {
    expect([found.instances, found.keys, found.groups], region).toEqual([[], 0, []])
    expect(found.images.map(({ ImageId, Name }) => [ImageId, Name])).toEqual([[outputs.imagesByRegion[region], graph.imageName]])
    const tags = Object.fromEntries((found.images[0]?.Tags ?? []).map(({ Key, Value }) => [Key, Value]))
    expect(tags).toMatchObject({ 'bakehouse:stage': 'promoted', 'bakehouse:family': 'tiny', CostCentre: '42' })
    expect(Object.keys(tags)).not.toContain('bakehouse:expires')
    expect(found.images[0]).toMatchObject({ ImdsSupport: 'v2.0', DeregistrationProtection: expect.stringContaining('enabled') })
    expect(found.images[0]?.ImageWatermarks).toEqual([{ WatermarkKey: '123456789012:bakehouse-tiny' }])
    expect(found.images[0]?.DeprecationTime).toContain('2026-12-23T20:00:00')
    expect(found.snapshots.map(({ Tags }) => Tags)).toEqual([
      expect.arrayContaining([
        { Key: 'bakehouse:stage', Value: 'promoted' },
        { Key: 'CostCentre', Value: '42' },
      ]),
    ])
    const query = new DescribeImageAttributeCommand({ ImageId: outputs.imagesByRegion[region], Attribute: 'launchPermission' })
    const { LaunchPermissions = [] } = await new EC2Client({ region }).send(query)
    expect(LaunchPermissions.flatMap(({ UserId }) => UserId ?? []).sort()).toEqual(accounts)
    expect(LaunchPermissions.some(({ OrganizationArn }) => OrganizationArn?.endsWith('o-abcdefghij'))).toBe(true)
  }
  expect(after.home.allSnapshots).toBe(before.home.allSnapshots + 1)
  const state = readFileSync(join(folder, `.bakehouse/state/.pulumi/stacks/bakehouse/${stack.name}.json`), 'utf8')
  expect(state).not.toContain('PRIVATE KEY')
  expect(protectedTypes(state)).toEqual(
    expect.arrayContaining(['aws:ec2/amiCopy:AmiCopy', 'aws:ec2/amiLaunchPermission:AmiLaunchPermission']),
  )

  // So runs `reap --kept`, which does not know when the build expired.
  const later = { ...graph, context: { ...graph.context, expires: '' } }
  await stack.up(keepProgram(later, outputs.candidateId), { message: 'keep', signal: never })
  const kept = await census(graph.context.build)
  expect([kept.home.images, kept.other.images]).toEqual([after.home.images, after.other.images])

  await stack.destroy({ message: 'prune', signal: never })
  const gone = await census(graph.context.build)
  expect([gone.home.images, gone.other.images]).toEqual([[], []])
  expect(gone.home.allSnapshots).toBe(before.home.allSnapshots)
})

/** The types of the protected resources. */
function protectedTypes(state: string): string[] {
  const { checkpoint } = JSON.parse(state) as { checkpoint: { latest: { resources: { type: string; protect?: boolean }[] } } }
  return checkpoint.latest.resources.filter(({ protect }) => protect).map(({ type }) => type)
}

test('a build succeeds although calls are throttled and new resources are not found at first', async () => {
  server.gateway.faults = { throttle: 0.3, notFound: 10 }
  try {
    const graph = await makeSpec()
    const { outputs } = await bake(graph)
    const engine = await openProjectEngine()
    await promote(engine, toLatestGood(graph, outputs, 'throttled'), { signal: never })
    server.gateway.faults = {}
    const { home, other } = await census(graph.context.build)
    expect([home.images.length, other.images.length, home.instances, home.keys, home.groups]).toEqual([1, 1, [], 0, []])
    expect(outputs.imageId).toBe(home.images[0]?.ImageId)
    expect(await findLatestGood(engine, 'throttled')).toMatchObject({ imageId: outputs.imageId, buildStack: stackName(graph) })
    expect(server.gateway.injected.throttled).toBeGreaterThan(10)
    expect(server.gateway.injected.notFound).toBeGreaterThan(3)
  } finally {
    server.gateway.faults = {}
  }
})

test('the policy allows each call of these tests, and needs them', () => {
  expectPolicy(server.gateway, 'graph.aws.test.ts')
})
