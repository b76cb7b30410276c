import { cpSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  EC2Client,
  RunInstancesCommand,
  type Snapshot,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { GetParameterCommand, ListTagsForResourceCommand, type Parameter, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm'
import { afterEach, expect, test, vi } from 'vitest'
import { explainTrouble } from '../../src/bake/explain.ts'
import { followEngine } from '../../src/bake/follow-engine.ts'
import { openJournal } from '../../src/bake/journal.ts'
import { aws } from '../../src/cloud/aws/aws.ts'
import { waitForParameter } from '../../src/cloud/aws/publish.ts'
import { buildFolder as buildFolderOf } from '../../src/core/paths.ts'
import { bakeProgram, type GraphSpec } from '../../src/graph/build.ts'
import { openProjectEngine } from '../../src/life/open-engine.ts'
import { promote } from '../../src/life/promote.ts'
import { reap } from '../../src/life/reap.ts'
import { removeBuild } from '../../src/life/remove-build.ts'
import { writeRecord } from '../../src/records/store.ts'
import { withMoto } from '../cloud/aws/with-moto.ts'
import { sampleLatestGood } from '../helpers/latest-good.ts'
import { sampleRecord } from '../records/sample.ts'
import { findProviderProgram } from './bridge/find-program.ts'
import { bake, census, folder, makeSpec, stackName, toLatestGood, withEmulatedGraph } from './emulated-graph.ts'
import type { Faults } from './faults.ts'
import { expectPolicy } from './policy-calls.ts'

const server = withMoto()
withEmulatedGraph()
const never = new AbortController().signal

afterEach(() => {
  server.gateway.faults = {}
})

/** Removes the resources of a failed build. Returns error messages. */
async function cleanUp(graph: GraphSpec): Promise<string[]> {
  const complaints: string[] = []
  const { build, buildFolder } = graph.context
  const stack = await (await openProjectEngine()).knownStack(stackName(graph))
  const remains = { cloud: await aws(), family: 'tiny', build, folder: buildFolder, stack }
  await removeBuild(remains, (line) => complaints.push(line))
  return complaints
}

async function expectNothing(build: string, snapshots: readonly number[]): Promise<void> {
  const { home, other } = await census(build)
  expect([home.instances, home.keys, home.groups, home.images, other.images]).toEqual([[], 0, [], [], []])
  expect([home.allSnapshots, other.allSnapshots]).toEqual(snapshots)
}

const no = 'echo no >&2; exit 10'
const trial: Faults = { refuse: { RunInstances: { code: 'InsufficientInstanceCapacity', words: 'trial' } } }
/** Nothing is wrong with the image, and the message does not show the command that said it. */
const noCapacity = { kind: 'missing', what: expect.stringMatching(/^EC2 has no capacity for/), hint: expect.stringMatching(/^add types/) }

const isRefused = ({ expireAt, refuse = {} }: Faults): boolean =>
  expireAt !== undefined || Object.values(refuse).includes('UnauthorizedOperation')
const refused = {
  kind: 'missing',
  what: expect.stringMatching(/^AWS (rejected the credentials|denied permission) \(\w+\),?.* to call CreateImage of EC2/),
  hint: expect.stringMatching(/^(log in again|allow the call)/),
}

test.each<[phase: string, faults: Faults, steps: Parameters<typeof makeSpec>[0], left: number]>([
  ['base', { refuse: { RunInstances: 'InsufficientInstanceCapacity' } }, {}, 0],
  ['configure', {}, { configure: no }, 0],
  ['seal', {}, { seal: no }, 0],
  ['candidate', { refuse: { CreateImage: 'SnapshotCreationPerVolumeRateExceeded' } }, {}, 0],
  ['trial', trial, {}, 1],
  ['verify', {}, { verify: no }, 1],
  ['copy', { refuse: { CopyImage: { code: 'ResourceLimitExceeded', region: 'eu-west-1' } } }, {}, 2],
  ['copy', { failCopiesIn: 'eu-west-1' }, {}, 2],
  ['candidate', { expireAt: 'CreateImage' }, {}, 0],
  ['candidate', { refuse: { CreateImage: 'UnauthorizedOperation' } }, {}, 0],
  ['copy', { refuse: { EnableImageDeregistrationProtection: { code: 'OperationNotPermitted', region: 'eu-west-1' } } }, {}, 2],
])(
  'a failure in %s leaves no resource and sets no watermark (%j)',
  async (phase, faults, steps, left) => {
    const before = await census('none')
    const marks = server.gateway.calls.filter((call) => call.includes('Watermark')).length
    const graph = await makeSpec(steps)
    server.gateway.faults = faults
    const journal = openJournal(() => {})
    const { onEvent, failures } = followEngine(journal, 1)
    const engine = await openProjectEngine()
    const stack = await engine.openStack(stackName(graph))
    await expect(stack.up(bakeProgram(graph), { message: 'bake', signal: never, onEvent })).rejects.toThrow()
    const trouble = explainTrouble(undefined, { steps: {}, failures, findRefusal: (await aws()).findRefusal })
    if (faults.refuse?.RunInstances) expect(trouble).toMatchObject(noCapacity)
    // The emulated provider has other messages.
    if (isRefused(faults) && findProviderProgram()) expect(trouble).toMatchObject(refused)
    server.gateway.faults = {}
    expect(journal.phases.filter(({ status }) => status === 'failed').map((each) => each.phase)).toEqual([phase])
    const during = await census(graph.context.build)
    expect(during.home.groups.length).toBeGreaterThan(0)
    expect(during.home.images.length).toBe(left)
    const isTrusted = ({ Tags = [] }: Snapshot): boolean => Tags.some(({ Value }) => Value === graph.context.build)
    if (phase !== 'copy') expect(during.home.snapshots.every(isTrusted)).toBe(true)
    expect((await stack.read()).outputs.imageId).toBeUndefined()
    await expectSafe(during.home, graph)
    expect(await cleanUp(graph)).toEqual([])
    await expectNothing(graph.context.build, [before.home.allSnapshots, before.other.allSnapshots])
    expect(await engine.findStack(stackName(graph))).toBeUndefined()
    if (phase !== 'copy') expect(server.gateway.calls.filter((call) => call.includes('Watermark')).length).toBe(marks)
  },
  // The real provider tries a call with expired credentials again for some minutes.
  900_000,
)

/** Checks the settings of the machines: only port 22 is open, IMDSv2, encrypted volumes, and the tags of the build. */
async function expectSafe({ instances, groups }: Awaited<ReturnType<typeof census>>['home'], { context }: GraphSpec): Promise<void> {
  for (const { IpPermissions = [] } of groups) {
    expect(IpPermissions.map(({ FromPort, ToPort, IpRanges = [] }) => [FromPort, ToPort, IpRanges.map(({ CidrIp }) => CidrIp)])).toEqual([
      [22, 22, ['10.0.0.1/32']],
    ])
  }
  for (const { MetadataOptions, Tags, BlockDeviceMappings = [] } of instances) {
    expect(MetadataOptions).toMatchObject({ HttpTokens: 'required', HttpPutResponseHopLimit: 1 })
    const VolumeIds = BlockDeviceMappings.map(({ Ebs }) => Ebs?.VolumeId ?? '')
    const { Volumes = [] } = await new EC2Client({}).send(new DescribeVolumesCommand({ VolumeIds }))
    expect(Volumes.map(({ Encrypted }) => Encrypted)).toEqual([true])
    for (const tags of [Tags, Volumes[0]?.Tags]) {
      expect(tags).toContainEqual({ Key: 'bakehouse:build', Value: context.build })
      expect(tags).toContainEqual({ Key: 'bakehouse:expires', Value: context.expires })
    }
  }
}

test('reap removes everything of a build that was killed during the copy, including finished copies', async () => {
  const before = await census('none')
  const graph = await makeSpec()
  const { build, version } = graph.context
  server.gateway.faults = { refuse: { ModifyImageAttribute: 'InvalidParameterValue' } }
  const stack = await (await openProjectEngine()).openStack(stackName(graph))
  await expect(stack.up(bakeProgram(graph), { message: 'bake', signal: never })).rejects.toThrow()
  server.gateway.faults = {}
  await writeRecord(buildFolderOf('tiny', version), sampleRecord({ family: 'tiny', version, build, cloud: 'aws', status: 'running' }))
  const reaped = await reap({ dryRun: false, kept: false, family: 'tiny', cloud: 'aws' }, never)
  expect(reaped.filter(({ action }) => action !== 'removed')).toEqual([])
  expect(reaped.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['instance', 'image', 'key', 'network', 'stack']))
  await expectNothing(build, [before.home.allSnapshots, before.other.allSnapshots])
})

test('reap on another computer removes by state and tags what a killed build left, also if only a copy in another region is left', async () => {
  const before = await census('none')
  const spec = await makeSpec()
  const graph = { ...spec, context: { ...spec.context, expires: new Date(Date.now() - 60_000).toISOString() } }
  const { build, version } = graph.context
  server.gateway.faults = { refuse: { ModifyImageAttribute: 'InvalidParameterValue' } }
  const stack = await (await openProjectEngine()).openStack(stackName(graph))
  await expect(stack.up(bakeProgram(graph), { message: 'bake', signal: never })).rejects.toThrow()
  useEmptyHome()
  try {
    const options = { dryRun: false, kept: false, cloud: 'aws', backend: `file://${join(folder, '.bakehouse/state')}` }
    server.gateway.faults = { refuse: { DeregisterImage: { code: 'InternalError', region: 'eu-west-1' } } }
    const first = (await reap(options, never)).filter((each) => each.version === version)
    expect(first.filter(({ action }) => action !== 'removed').map(({ kind, cloud }) => `${cloud} ${kind}`)).toEqual(['aws image', ' stack'])
    server.gateway.faults = {}
    expect((await census(build)).home.images).toEqual([])
    // Nothing at home names the other region any more. An earlier image of the project has a copy there.
    const image = { ...sampleLatestGood(), imagesByRegion: { 'eu-central-1': 'ami-1', 'eu-west-1': 'ami-2' } }
    await writeRecord(buildFolderOf('other', '2026.11.22'), sampleRecord({ family: 'other', version: '2026.11.22', cloud: 'aws', image }))
    const second = (await reap(options, never)).filter((each) => each.version === version)
    expect(second.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['image', 'stack']))
    const why = 'its build was interrupted before the image was complete'
    expect(second.filter((each) => each.action !== 'removed' || each.why !== why)).toEqual([])
  } finally {
    vi.unstubAllEnvs()
  }
  await expectNothing(build, [before.home.allSnapshots, before.other.allSnapshots])
}, 300_000)

/** Another computer: it has the passphrase of the state, but no record of a build. */
function useEmptyHome(): void {
  const home = mkdtempSync(join(folder, 'home-'))
  cpSync(join(folder, '.bakehouse/tools.json'), join(home, 'tools.json'))
  vi.stubEnv('PULUMI_CONFIG_PASSPHRASE_FILE', join(folder, '.bakehouse/passphrase'))
  vi.stubEnv('BAKEHOUSE_HOME', home)
}

test('reap leaves an instance of others alone that has copied tags, and says so', async () => {
  const ec2 = new EC2Client({})
  const [image] = (await ec2.send(new DescribeImagesCommand({ Owners: ['amazon'] }))).Images ?? []
  const build = { version: '2026.11.23', build: 'copied', stage: 'trial' }
  await writeRecord(
    buildFolderOf('copied', build.version),
    sampleRecord({ family: 'copied', ...build, cloud: 'aws', status: 'interrupted' }),
  )
  const past = new Date(Date.now() - 60_000).toISOString()
  const copies = [
    { expires: past },
    { family: 'copied', ...build, expires: past },
    { family: 'copied', ...build, build: 'unknown', version: '2026.11.24', expires: past },
  ]
  const ids: string[] = []
  for (const copy of copies) {
    const Tags = Object.entries({ tool: 'bakehouse', ...copy }).map(([key, Value]) => ({ Key: `bakehouse:${key}`, Value }))
    const run = { ImageId: image?.ImageId, InstanceType: 't3.micro' as const, MinCount: 1, MaxCount: 1, KeyName: 'production' }
    const made = await ec2.send(new RunInstancesCommand({ ...run, TagSpecifications: [{ ResourceType: 'instance', Tags }] }))
    ids.push(made.Instances?.[0]?.InstanceId ?? '')
  }
  const reaped = await reap({ dryRun: false, kept: false, cloud: 'aws' }, never)
  expect(ids.map((each) => reaped.find(({ id }) => id === each)).map((each) => [each?.action, each?.why])).toEqual([
    ['left-alone', 'it lacks the tags of a build: family, version, build, stage'],
    ['left-alone', 'its key pair is production, and those of its build begin with bakehouse-copied-'],
    ['left-alone', 'this project has neither a record nor a stack of its build, unknown'],
  ])
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: ids }))
  expect(Reservations.flatMap(({ Instances = [] }) => Instances.map(({ State }) => State?.Name))).toEqual(['running', 'running', 'running'])
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: ids }))
})

test('promote publishes the image in a parameter in each region; if it fails, the family is unchanged and the build leaves nothing', async () => {
  const good = await makeSpec({}, { tags: { CostCentre: '42' } })
  const { outputs } = await bake(good)
  const engine = await openProjectEngine()
  await promote(engine, toLatestGood(good, outputs, 'published'), { signal: never, sections: good.context.family.sections })
  const family = await engine.openStack('published')
  const published = (await family.read()).outputs
  expect(published).toMatchObject({ version: good.context.version, imageId: outputs.imageId })
  await expectParameters(outputs.imagesByRegion)
  for (const region of Object.keys(outputs.imagesByRegion)) {
    const query = new ListTagsForResourceCommand({ ResourceType: 'Parameter', ResourceId: '/bakehouse/published/latest' })
    const { TagList } = await new SSMClient({ region }).send(query)
    expect(TagList).toContainEqual({ Key: 'CostCentre', Value: '42' })
  }
  const before = await census('none')

  const next = await makeSpec()
  const baked = await bake(next)
  const refused: Faults = { refuse: { PutParameter: { code: 'AccessDeniedException', region: 'eu-west-1' } } }
  server.gateway.faults = refused
  await expect(promote(engine, toLatestGood(next, baked.outputs, 'never'), { signal: never, holdMs: 1_000 })).rejects.toThrow()
  expect((await (await engine.openStack('never')).read()).outputs).toEqual({})
  expect(await findParameter('never', 'eu-central-1')).toBeUndefined()
  // While AWS validates the new image in the other region, it refuses to set the parameter back.
  server.gateway.faults = { ...refused, lateReads: 5 }
  const failed = promote(engine, toLatestGood(next, baked.outputs, 'published'), { signal: never, holdMs: 6_000 })
  await expect(failed).rejects.toThrow('AccessDeniedException')
  server.gateway.faults = {}
  // These reads end the validation, if it has not ended before.
  for (let read = 0; read < 5; read++) await findParameter('published', 'eu-central-1')
  expect((await family.read()).outputs).toEqual(published)
  await expectParameters(outputs.imagesByRegion)
  expect(await cleanUp(next)).toEqual([])
  await expectNothing(next.context.build, [before.home.allSnapshots, before.other.allSnapshots])
  await family.destroy({ message: 'remove', signal: never })
  for (const region of Object.keys(outputs.imagesByRegion)) expect(await findParameter('published', region), region).toBeUndefined()
})

async function findParameter(family: string, region: string): Promise<Parameter | undefined> {
  const query = new GetParameterCommand({ Name: `/bakehouse/${family}/latest` })
  const answer = await new SSMClient({ region }).send(query).catch((error: unknown) => {
    if (error instanceof ParameterNotFound) return undefined
    throw error
  })
  return answer?.Parameter
}

async function expectParameters(imagesByRegion: Readonly<Record<string, string>>): Promise<void> {
  expect(Object.keys(imagesByRegion)).toEqual(['eu-central-1', 'eu-west-1'])
  for (const [region, id] of Object.entries(imagesByRegion)) {
    expect(await findParameter('published', region)).toMatchObject({ Value: id, DataType: 'aws:ec2:image' })
    // AWS first reports success. It later discards a value that is not an image, without an error.
    const wrong = waitForParameter('/bakehouse/published/latest', 'ami-00000000', { region, deadlineMs: 500 })
    await expect(wrong).rejects.toThrow('does not have the value ami-00000000')
  }
}

test('the policy allows each call of these tests, and needs them', () => {
  expectPolicy(server.gateway, 'phases.aws.test.ts')
})
