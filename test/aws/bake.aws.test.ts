import { mkdtempSync, rmSync } from 'node:fs'
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
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withMoto } from '../cloud/aws/with-moto.ts'
import { makeProject, type Project } from '../helpers/project.ts'
import { tinyFamily } from '../helpers/tiny-family.ts'
import { renderEmulatedFamily } from './emulated-project.ts'
import { type MachineRoom, openMachineRoom } from './machine-room.ts'
import { writePluginFolder } from './plugin-folder.ts'

const server = withMoto()
const folder = mkdtempSync(join(tmpdir(), 'bh-bake-'))
let room: MachineRoom
let project: Project

beforeAll(async () => {
  project = makeProject(emulated(tinyFamily('tiny')))
  process.env.BAKEHOUSE_HOME = project.home
  process.env.BAKEHOUSE_PLUGINS = writePluginFolder(join(folder, 'plugin'))
  room = await openMachineRoom(join(folder, 'machines'), server.gateway.target)
  process.env.BAKEHOUSE_MACHINES = room.folder
})
afterAll(async () => {
  await room[Symbol.asyncDispose]()
  await project[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

function emulated(files: Record<string, string>): Record<string, string> {
  const changed = Object.entries(files).map(([path, text]) => [path, path.endsWith('family.yaml') ? renderEmulatedFamily(text) : text])
  return Object.fromEntries(changed)
}

async function leftovers() {
  const client = new EC2Client({})
  const Filters = [{ Name: 'tag:bakehouse:tool', Values: ['bakehouse'] }]
  const alive = { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] }
  const { Images = [] } = await client.send(new DescribeImagesCommand({ Owners: ['self'], Filters }))
  const { Snapshots = [] } = await client.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }))
  return {
    images: Images.map(({ Name }) => Name),
    instances: (await client.send(new DescribeInstancesCommand({ Filters: [...Filters, alive] }))).Reservations?.length,
    keys: (await client.send(new DescribeKeyPairsCommand({ Filters }))).KeyPairs?.length,
    groups: (await client.send(new DescribeSecurityGroupsCommand({ Filters }))).SecurityGroups?.length,
    snapshots: Snapshots.length,
  }
}

async function parameter(): Promise<string | undefined> {
  return (await new SSMClient({}).send(new GetParameterCommand({ Name: '/bakehouse/tiny/latest' }))).Parameter?.Value
}

test('a family bakes on EC2 with real Ansible and leaves one image; a failure leaves that and nothing else', async () => {
  const before = (await leftovers()).snapshots
  const { outcome, exitCode, stderr } = await project.bake('tiny')
  expect([outcome.status, exitCode], stderr).toEqual(['promoted', 0])
  expect(outcome).toMatchObject({ cloud: 'aws', region: 'eu-central-1', imagesByRegion: { 'eu-central-1': outcome.imageId } })
  expect(outcome.phases.map(({ phase, status }) => [phase, status])).toEqual(
    ['resolve', 'base', 'configure', 'seal', 'candidate', 'trial', 'verify', 'copy', 'clean', 'promote'].map((phase) => [phase, 'done']),
  )
  const good = { images: [outcome.imageName], instances: 0, keys: 0, groups: 0, snapshots: before + 1 }
  expect(await leftovers()).toEqual(good)
  expect(await parameter()).toBe(outcome.imageId)

  project.write(emulated(tinyFamily('tiny', { tasks: '    - name: Fail\n      ansible.builtin.fail: {msg: on purpose}\n' })))
  const failed = await project.bake('tiny')
  expect([failed.outcome.status, failed.exitCode]).toEqual(['failed', 10])
  expect(failed.outcome.error?.message).toContain('on purpose')
  expect(await leftovers()).toEqual(good)
  expect(await parameter()).toBe(outcome.imageId)
}, 3_000_000)
