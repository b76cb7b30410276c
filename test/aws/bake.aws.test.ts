import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
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
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseDocument } from 'yaml'
import { playbooksFolder } from '../../src/core/paths.ts'
import { withMoto } from '../cloud/aws/with-moto.ts'
import { type Files, makeProject, type Project } from '../helpers/project.ts'
import { renderEmulatedFamily } from './emulated-project.ts'
import { type MachineRoom, openMachineRoom } from './machine-room.ts'
import { writePluginFolder } from './plugin-folder.ts'

const server = withMoto()
const folder = mkdtempSync(join(tmpdir(), 'bh-bake-'))
const [home, other] = ['eu-central-1', 'eu-west-1'] as const
/** The accounts that may launch the image. */
const accounts = ['111111111111', '222222222222']
let room: MachineRoom
let project: Project

beforeAll(async () => {
  project = makeProject(linuxBase())
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

/** The family `linux-base` of this project for the EC2 emulator, with a copy in a second region, shared with two accounts. */
function linuxBase(): Files {
  const from = join(playbooksFolder(), 'linux-base')
  const paths = readdirSync(from, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const files = paths
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [path.slice(playbooksFolder().length + 1), path] as const)
  return Object.fromEntries(
    files.map(([name, path]) => {
      const text = readFileSync(path, 'utf8')
      return [name, name === 'linux-base/family.yaml' ? distribute(renderEmulatedFamily(text)) : text]
    }),
  )
}

function distribute(text: string): string {
  const document = parseDocument(text)
  document.setIn(['aws', 'kmsKeyId'], 'alias/images')
  document.setIn(['aws', 'regions'], { [other]: { kmsKeyId: 'alias/images' } })
  document.setIn(['aws', 'share'], { accounts })
  return document.toString()
}

/** The resources of Bakehouse in a region. */
async function census(region: string) {
  const client = new EC2Client({ region })
  const Filters = [{ Name: 'tag:bakehouse:tool', Values: ['bakehouse'] }]
  const alive = { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] }
  const { Images = [] } = await client.send(new DescribeImagesCommand({ Owners: ['self'], Filters }))
  const { Snapshots = [] } = await client.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }))
  return {
    images: Images.map(({ ImageId }) => ImageId),
    stages: Images.map(({ Tags }) => Tags?.find(({ Key }) => Key === 'bakehouse:stage')?.Value),
    instances: (await client.send(new DescribeInstancesCommand({ Filters: [...Filters, alive] }))).Reservations?.length,
    keys: (await client.send(new DescribeKeyPairsCommand({ Filters }))).KeyPairs?.length,
    groups: (await client.send(new DescribeSecurityGroupsCommand({ Filters }))).SecurityGroups?.length,
    snapshots: Snapshots.length,
  }
}

async function launchers(region: string, ImageId: string | undefined): Promise<string[]> {
  const query = new DescribeImageAttributeCommand({ ImageId, Attribute: 'launchPermission' })
  const { LaunchPermissions = [] } = await new EC2Client({ region }).send(query)
  return LaunchPermissions.flatMap(({ UserId }) => UserId ?? []).sort()
}

async function parameter(region: string): Promise<string | undefined> {
  const query = new GetParameterCommand({ Name: '/bakehouse/linux-base/latest' })
  return (await new SSMClient({ region }).send(query)).Parameter?.Value
}

test('a build of linux-base on EC2 with real Ansible leaves one image per region; a failed build after it adds nothing', async () => {
  const before = { [home]: (await census(home)).snapshots, [other]: (await census(other)).snapshots }
  const { outcome, exitCode, stderr } = await project.bake('linux-base')
  expect([outcome.status, exitCode], stderr).toEqual(['promoted', 0])
  expect(outcome).toMatchObject({ cloud: 'aws', region: home, imagesByRegion: { [home]: outcome.imageId } })
  expect(outcome.phases.map(({ phase, status }) => [phase, status])).toEqual(
    ['resolve', 'base', 'configure', 'seal', 'candidate', 'trial', 'verify', 'copy', 'clean', 'promote'].map((phase) => [phase, 'done']),
  )
  const expectGood = async (): Promise<void> => {
    for (const region of [home, other]) {
      const image = outcome.imagesByRegion?.[region]
      const good = { images: [image], stages: ['promoted'], instances: 0, keys: 0, groups: 0, snapshots: before[region] + 1 }
      expect(await census(region), region).toEqual(good)
      expect(await launchers(region, image), region).toEqual(accounts)
      expect(await parameter(region), region).toBe(image)
    }
  }
  await expectGood()

  project.write({ 'linux-base/playbook.yml': '- hosts: all\n  tasks:\n    - name: Fail\n      ansible.builtin.fail: {msg: on purpose}\n' })
  const failed = await project.bake('linux-base')
  expect([failed.outcome.status, failed.exitCode]).toEqual(['failed', 10])
  expect(failed.outcome.error?.message).toContain('on purpose')
  await expectGood()
}, 3_000_000)
