import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  DescribeImageAttributeCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSnapshotsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2'
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeKeyPair } from '../../src/bake/keys.ts'
import { promote } from '../../src/bake/promote.ts'
import { type OpenStack, openStack } from '../../src/bake/stack.ts'
import { awsResources } from '../../src/cloud/aws/resources.ts'
import { homeFolder } from '../../src/core/paths.ts'
import { familySchema } from '../../src/family/schema.ts'
import { type BuildOutputs, bakeProgram, type GraphSpec, keepProgram } from '../../src/graph/graph.ts'
import { withMoto } from '../cloud/aws/with-moto.ts'
import { motoImage } from './moto.ts'
import { writePluginFolder } from './plugin-folder.ts'

const server = withMoto()
const folder = mkdtempSync(join(tmpdir(), 'bh-graph-'))
const accounts = ['111111111111', '222222222222']
const never = new AbortController().signal
let count = 0

beforeAll(() => {
  mkdirSync(join(folder, '.bakehouse'))
  cpSync(join(homeFolder(), 'tools.json'), join(folder, '.bakehouse/tools.json'))
  process.env.BAKEHOUSE_HOME = join(folder, '.bakehouse')
  process.env.BAKEHOUSE_PLUGINS = writePluginFolder(join(folder, 'plugin'))
  // Nobody is behind these instances: what would log in to them succeeds at once.
  mkdirSync(join(folder, 'bin'))
  writeFileSync(join(folder, 'bin/ssh'), '#!/bin/sh\nexit 0\n')
  chmodSync(join(folder, 'bin/ssh'), 0o755)
  process.env.PATH = `${join(folder, 'bin')}:${process.env.PATH}`
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function spec(steps: Partial<Record<'configure' | 'seal' | 'verify', string>> = {}): Promise<GraphSpec> {
  const version = `2026.11.23-${++count}`
  const buildFolder = join(folder, 'builds', version)
  const family = familySchema.parse({
    cloud: 'aws',
    base: { amiId: motoImage },
    aws: {
      reach: { proxyCommand: 'nc %h %p', ingress: '10.0.0.1/32' },
      kmsKeyId: 'alias/images',
      regions: { 'eu-west-1': { kmsKeyId: 'alias/images' } },
      share: { accounts, organizations: ['arn:aws:organizations::111111111111:organization/o-abcdefghij'] },
      deprecateAfterDays: 30,
    },
  })
  const commands: Record<string, string> = {
    configure: 'echo "{}"',
    seal: `'${process.execPath}' '${join(import.meta.dirname, 'stop-base.ts')}' && echo "{}"`,
    verify: `echo '{"step":"verify","status":"ok"}'`,
    ...steps,
  }
  return {
    context: {
      family: { name: 'tiny', folder: '/nowhere', ...family },
      version,
      build: `build${count}`,
      buildFolder,
      expires: '2026-11-23T20:00:00.000Z',
    },
    resources: awsResources,
    keys: { base: await makeKeyPair(buildFolder, 'base'), trial: await makeKeyPair(buildFolder, 'trial') },
    base: motoImage,
    imageName: `tiny-${version}`,
    candidateName: `tiny-${version}-candidate`,
    stepCommand: (step) => commands[step] ?? '',
  }
}

/** What carries a build's tags anywhere, and all snapshots. */
async function census(build: string) {
  const Filters = [{ Name: 'tag:bakehouse:build', Values: [build] }]
  const count = async (region: string) => {
    const client = new EC2Client({ region })
    const alive = { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] }
    const { Reservations = [] } = await client.send(new DescribeInstancesCommand({ Filters: [...Filters, alive] }))
    const { Images = [] } = await client.send(new DescribeImagesCommand({ Owners: ['self'], Filters }))
    const { KeyPairs = [] } = await client.send(new DescribeKeyPairsCommand({ Filters }))
    const { SecurityGroups = [] } = await client.send(new DescribeSecurityGroupsCommand({ Filters }))
    const { Snapshots = [] } = await client.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }))
    return {
      instances: Reservations.length,
      keys: KeyPairs.length,
      groups: SecurityGroups.length,
      images: Images,
      snapshots: Snapshots.filter(({ Description }) => Images.some(({ ImageId }) => Description?.includes(ImageId ?? '?'))),
      allSnapshots: Snapshots.length,
    }
  }
  return { home: await count('eu-central-1'), other: await count('eu-west-1') }
}

async function bake(graph: GraphSpec): Promise<{ stack: OpenStack; outputs: BuildOutputs }> {
  const stack = await openStack(`tiny-${graph.context.version}`)
  await stack.up(bakeProgram(graph), { message: 'bake', signal: never })
  const { candidateId } = (await stack.read()).outputs as unknown as BuildOutputs
  await stack.up(keepProgram(graph, candidateId), { message: 'keep', signal: never })
  return { stack, outputs: (await stack.read()).outputs as unknown as BuildOutputs }
}

describe('the graph on EC2', () => {
  test('leaves one promoted image a region, shared, protected, tagged, and nothing else; then nothing', async () => {
    const before = await census('none')
    const graph = await spec()
    const { stack, outputs } = await bake(graph)
    const after = await census(graph.context.build)
    for (const [region, found] of [
      ['eu-central-1', after.home],
      ['eu-west-1', after.other],
    ] as const) {
      expect([found.instances, found.keys, found.groups], region).toEqual([0, 0, 0])
      expect(found.images.map(({ ImageId, Name }) => [ImageId, Name])).toEqual([[outputs.imagesByRegion[region], graph.imageName]])
      const tags = Object.fromEntries((found.images[0]?.Tags ?? []).map(({ Key, Value }) => [Key, Value]))
      expect(tags).toMatchObject({ 'bakehouse:stage': 'promoted', 'bakehouse:family': 'tiny', 'bakehouse:expires': '' })
      expect(found.images[0]).toMatchObject({ ImdsSupport: 'v2.0', DeregistrationProtection: expect.stringContaining('enabled') })
      expect(found.images[0]?.DeprecationTime).toContain('2026-12-23T20:00:00')
      expect(found.snapshots.map(({ Tags }) => Tags?.find(({ Key }) => Key === 'bakehouse:stage')?.Value)).toEqual(['promoted'])
      const query = new DescribeImageAttributeCommand({ ImageId: outputs.imagesByRegion[region], Attribute: 'launchPermission' })
      const { LaunchPermissions = [] } = await new EC2Client({ region }).send(query)
      expect(LaunchPermissions.flatMap(({ UserId }) => UserId ?? []).sort()).toEqual(accounts)
      expect(LaunchPermissions.some(({ OrganizationArn }) => OrganizationArn?.endsWith('o-abcdefghij'))).toBe(true)
    }
    expect(after.home.allSnapshots).toBe(before.home.allSnapshots + 1)
    const state = readFileSync(join(folder, `.bakehouse/state/.pulumi/stacks/bakehouse/${stack.name}.json`), 'utf8')
    expect(state).not.toContain('PRIVATE KEY')

    await stack.destroy({ message: 'prune', signal: never })
    const gone = await census(graph.context.build)
    expect([gone.home.images, gone.other.images]).toEqual([[], []])
    expect(gone.home.allSnapshots).toBe(before.home.allSnapshots)
  }, 300_000)

  test.each(['configure', 'seal', 'verify'] as const)(
    'leaves nothing once destroyed when %s fails',
    async (step) => {
      const before = await census('none')
      const graph = await spec({ [step]: 'echo no >&2; exit 10' })
      const stack = await openStack(`tiny-${graph.context.version}`)
      await expect(stack.up(bakeProgram(graph), { message: 'bake', signal: never })).rejects.toThrow()
      const during = await census(graph.context.build)
      expect(during.home.images.filter(({ Name }) => Name === graph.imageName)).toEqual([])
      expect(during.home.instances).toBeGreaterThan(0)
      await stack.destroy({ message: 'clean', signal: never })
      const { home } = await census(graph.context.build)
      expect([home.instances, home.keys, home.groups, home.images.length]).toEqual([0, 0, 0, 0])
      expect(home.allSnapshots).toBe(before.home.allSnapshots)
    },
    300_000,
  )

  test('publishes the image as a parameter of the family, in each region; a value that AWS drops leaves the outputs as they were', async () => {
    const { outputs } = await bake(await spec())
    const image = {
      ...{ imageId: outputs.imageId, imageName: outputs.imageName, version: '2026.11.23-90', family: 'published', cloud: 'aws' },
      ...{ region: 'eu-central-1', imagesByRegion: outputs.imagesByRegion, baseImage: 'base', digest: outputs.digest },
      ...{ verified: [], promotedAt: 'now', sourceCommit: '', buildStack: 'x', previousVersion: '', inputsDigest: 'x' },
    }
    await promote(image, { signal: never })
    for (const [region, id] of Object.entries(outputs.imagesByRegion)) {
      const { Parameter } = await new SSMClient({ region }).send(new GetParameterCommand({ Name: '/bakehouse/published/latest' }))
      expect(Parameter).toMatchObject({ Value: id, DataType: 'aws:ec2:image' })
    }
    const wrong = { ...image, version: '2026.11.23-91', imageId: 'ami-00000000', imagesByRegion: { 'eu-central-1': 'ami-00000000' } }
    await expect(promote(wrong, { signal: never })).rejects.toThrow()
    expect((await (await openStack('published')).read()).outputs).toMatchObject({ version: '2026.11.23-90', imageId: outputs.imageId })
  }, 300_000)
})

test('a throttled API that does not know new things at first is survived', async () => {
  server.gateway.faults = { throttle: 0.3, notFound: 10 }
  try {
    const graph = await spec()
    const { outputs } = await bake(graph)
    server.gateway.faults = {}
    const { home, other } = await census(graph.context.build)
    expect([home.images.length, other.images.length, home.instances, home.keys, home.groups]).toEqual([1, 1, 0, 0, 0])
    expect(outputs.imageId).toBe(home.images[0]?.ImageId)
    expect(server.gateway.injected.throttled).toBeGreaterThan(10)
    expect(server.gateway.injected.notFound).toBeGreaterThan(3)
  } finally {
    server.gateway.faults = {}
  }
}, 600_000)
