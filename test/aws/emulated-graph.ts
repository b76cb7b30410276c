import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSnapshotsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2'
import { afterAll, beforeAll } from 'vitest'
import { awsResources } from '../../src/cloud/aws/resources.ts'
import { homeFolder } from '../../src/core/paths.ts'
import type { OpenStack } from '../../src/engine/stack.ts'
import { bakeProgram, type GraphSpec, keepProgram } from '../../src/graph/build.ts'
import { makeKeyPair } from '../../src/guest/ssh/keys.ts'
import { openProjectEngine } from '../../src/life/open-engine.ts'
import type { BuildOutputs, LatestGood } from '../../src/model/outputs.ts'
import { makeFamily } from '../helpers/family.ts'
import { motoImage } from './moto.ts'
import { writePluginFolder } from './plugin-folder.ts'

export const folder = mkdtempSync(join(tmpdir(), 'bh-graph-'))
/** The accounts that may launch the image. */
export const accounts = ['111111111111', '222222222222']
const organization = 'arn:aws:organizations::111111111111:organization/o-abcdefghij'
const never = new AbortController().signal
let count = 0

/** Uses a separate state. The instances have no machines: commands that would log in to them succeed immediately. */
export function withEmulatedGraph(): void {
  beforeAll(() => {
    mkdirSync(join(folder, '.bakehouse'))
    cpSync(join(homeFolder(), 'tools.json'), join(folder, '.bakehouse/tools.json'))
    process.env.BAKEHOUSE_HOME = join(folder, '.bakehouse')
    process.env.BAKEHOUSE_PLUGINS = writePluginFolder(join(folder, 'plugin'), { quick: true })
    mkdirSync(join(folder, 'bin'))
    writeFileSync(join(folder, 'bin/ssh'), '#!/bin/sh\nexit 0\n')
    chmodSync(join(folder, 'bin/ssh'), 0o755)
    process.env.PATH = `${join(folder, 'bin')}:${process.env.PATH}`
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
}

/** A build of the family `tiny`, with copies in two regions, shared with two accounts. Its steps are shell commands. */
export async function makeSpec(steps: Partial<Record<'configure' | 'seal' | 'verify', string>> = {}, aws: object = {}): Promise<GraphSpec> {
  const version = `2026.11.23-${++count}`
  const buildFolder = join(folder, 'builds', version)
  const family = makeFamily({
    cloud: 'aws',
    base: { amiId: motoImage },
    aws: {
      reach: { proxyCommand: 'nc %h %p', ingress: '10.0.0.1/32' },
      kmsKeyId: 'alias/images',
      regions: { 'eu-west-1': { kmsKeyId: 'alias/images' } },
      share: { accounts, organizations: [organization], copy: true },
      deprecateAfterDays: 30,
      watermark: true,
      ...aws,
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
      family,
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

/** Runs both updates of a build. The promoted image is left. */
export async function bake(graph: GraphSpec): Promise<{ stack: OpenStack; outputs: BuildOutputs }> {
  const stack = await (await openProjectEngine()).openStack(stackName(graph))
  await stack.up(bakeProgram(graph), { message: 'bake', signal: never })
  const { candidateId } = (await stack.read()).outputs as unknown as BuildOutputs
  await stack.up(keepProgram(graph, candidateId), { message: 'keep', signal: never })
  return { stack, outputs: (await stack.read()).outputs as unknown as BuildOutputs }
}

export function stackName({ context }: GraphSpec): string {
  return `tiny-${context.version}`
}

/** The outputs for the family stack, from the outputs of a build. */
export function toLatestGood(graph: GraphSpec, outputs: BuildOutputs, family: string): LatestGood {
  const { version } = graph.context
  const { imageId, imageName, imagesByRegion, digest } = outputs
  return {
    ...{ imageId, imageName, version, family, cloud: 'aws', region: 'eu-central-1', imagesByRegion, baseImage: 'base', digest },
    ...{ verified: [], promotedAt: 'now', sourceCommit: '', buildStack: stackName(graph), previousVersion: '', inputsDigest: 'x' },
  }
}

/** The resources with the tags of a build in both regions, and all snapshots. */
export async function census(build: string) {
  return { home: await countRegion('eu-central-1', build), other: await countRegion('eu-west-1', build) }
}

async function countRegion(region: string, build: string) {
  const Filters = [{ Name: 'tag:bakehouse:build', Values: [build] }]
  const client = new EC2Client({ region })
  const alive = { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] }
  const { Reservations = [] } = await client.send(new DescribeInstancesCommand({ Filters: [...Filters, alive] }))
  const { Images = [] } = await client.send(new DescribeImagesCommand({ Owners: ['self'], Filters }))
  const { KeyPairs = [] } = await client.send(new DescribeKeyPairsCommand({ Filters }))
  const { SecurityGroups = [] } = await client.send(new DescribeSecurityGroupsCommand({ Filters }))
  const { Snapshots = [] } = await client.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }))
  return {
    instances: Reservations.flatMap(({ Instances = [] }) => Instances),
    keys: KeyPairs.length,
    groups: SecurityGroups,
    images: Images,
    snapshots: Snapshots.filter(({ Description }) => Images.some(({ ImageId }) => Description?.includes(ImageId ?? '?'))),
    allSnapshots: Snapshots.length,
  }
}
