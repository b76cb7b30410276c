import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DescribeImagesCommand, DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2'
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bakeFamily } from '../../src/bake/bake-family.ts'
import { readTools, toolsFile } from '../../src/core/tools.ts'
import type { BuildEvent } from '../../src/model/events.ts'
import { writePluginFolder } from '../aws/plugin-folder.ts'
import { expectPolicy } from '../aws/policy-calls.ts'
import { withMoto } from '../cloud/aws/with-moto.ts'
import { type FakeTest, renderPesterResults } from '../helpers/pester.ts'
import { filesWith, holds } from '../helpers/windows.ts'

const moto = withMoto()
const canary = 'Canary-9;$(x)"Pa55word'
const fixtures = join(import.meta.dirname, '../fixtures/windows')
const folder = mkdtempSync(join(tmpdir(), 'bakehouse-test-'))
const answers = join(folder, 'answers')
const project = join(folder, 'project')
const parameter = '/vendor/ami-windows-latest/Windows_Server-2022-English-Full-Base'
const relay = `${process.execPath} ${fixtures}/wsman-relay.mjs %h`

/** The default answers of the machines: of a good base machine and a good image. */
function answer(path: string, content: string | object): void {
  mkdirSync(dirname(join(answers, path)), { recursive: true })
  writeFileSync(join(answers, path), typeof content === 'string' ? content : JSON.stringify(content))
}

function hygiene(...lines: string[]): object {
  return {
    rc: 0,
    stdout: ['machine-id S-1-5-21-4-5-6', 'case\tpassed\t1\tsetup is complete\t', ...lines, 'hygiene done', ''].join('\n'),
    stderr: '',
  }
}

/** The 24 tests of the image. */
const tests: readonly FakeTest[] = Array.from({ length: 24 }, (_, index) => ({ path: ['The system', `test ${index}`], result: 'Passed' }))

/** The report of InSpec. */
function inspec(status: string, exitCode: number): void {
  const results = [{ status, code_desc: 'Port 445 is not reachable', run_time: 0.1, message: 'expected false, got true' }]
  answer('inspec.json', { profiles: [{ name: 'p', controls: [{ id: 'net-1', title: 'The network', results }] }] })
  process.env.FAKE_INSPEC_EXIT = String(exitCode)
}

/** The family of the project, changed for moto: another base image, PowerShell remoting through a proxy command, and an InSpec suite. */
function familyFile(): string {
  const own = readFileSync(join(import.meta.dirname, '../../playbooks/windows-base/family.yaml'), 'utf8')
  return own
    .replace('/aws/service/', '/vendor/')
    .replace('windows_release: "2025"', 'windows_release: "2022"')
    .replace(/^ {2}transport: ssh\n {2}by: cloud-init$/m, '  transport: psrp\n  by: password')
    .replace('  suites:\n', '  suites:\n    - inspec: verify/profile\n')
    .replace('aws:\n', `aws:\n  reach: { proxyCommand: ${JSON.stringify(relay)}, ingress: 192.0.2.1/32 }\n`)
}

/** All events of the builds, which the display shows. */
const told: BuildEvent[] = []

function bake() {
  const request = { family: 'windows-base', keep: 'never', dryRun: false, ifChanged: false, prove: false } as const
  return bakeFamily(request, (event) => told.push(event), AbortSignal.timeout(600_000))
}

const latest = () =>
  new SSMClient({}).send(new GetParameterCommand({ Name: '/bakehouse/windows-base/latest' })).then(
    ({ Parameter }) => Parameter?.Value,
    () => undefined,
  )

describe('windows-base on the EC2 emulator', () => {
  beforeAll(async () => {
    const tools = readFileSync(toolsFile(), 'utf8')
    const home = join(project, '.bakehouse')
    cpSync(join(import.meta.dirname, '../../playbooks/windows-base'), join(project, 'playbooks/windows-base'), { recursive: true })
    mkdirSync(join(project, 'playbooks/windows-base/verify/profile'))
    writeFileSync(join(project, 'playbooks/windows-base/family.yaml'), familyFile())
    mkdirSync(home, { recursive: true })
    writeFileSync(join(home, 'tools.json'), tools)
    Object.assign(process.env, {
      BAKEHOUSE_PROJECT: project,
      BAKEHOUSE_HOME: home,
      BAKEHOUSE_VENV: join(fixtures, 'venv'),
      BAKEHOUSE_PLUGINS: writePluginFolder(join(folder, 'plugin')),
      // The pinned collections exist, so nothing has to be installed.
      ANSIBLE_COLLECTIONS_PATH: globSync(`${readTools().venv}/lib/python3*/site-packages`)[0],
      FAKE_WINDOWS: answers,
      PATH: `${join(fixtures, '../inspec')}:${process.env.PATH}`,
      FAKE_INSPEC: join(answers, 'inspec.json'),
      FAKE_INSPEC_CALL: join(folder, 'inspec-call.json'),
    })
    moto.gateway.password = canary
    const { Images } = await new EC2Client({}).send(new DescribeImagesCommand({ Owners: ['amazon'] }))
    const base = Images?.find(({ Architecture }) => Architecture === 'x86_64')?.ImageId ?? ''
    await new SSMClient({}).send(new PutParameterCommand({ Name: parameter, Type: 'String', Value: base }))
    answer('identity/outcome.json', { rc: 0, stdout: 'machine-id S-1-5-21-1-2-3\n', stderr: '' })
    answer('check/outcome.json', { rc: 0, stdout: '{"imageState":"IMAGE_STATE_COMPLETE","pending":[],"busy":[]}\n', stderr: '' })
    answer('hygiene/outcome.json', hygiene())
    answer('pester/outcome.json', { rc: 0, stdout: '', stderr: '' })
    answer('pester/pester-results.json', renderPesterResults(tests))
    inspec('passed', 0)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('is built from the SSM parameter of AWS to a promoted, tagged image, which the parameter of the family names', async () => {
    const outcome = await bake()
    expect(outcome.error?.message).toBeUndefined()
    expect(outcome.status).toBe('promoted')
    expect(outcome.verified?.map(({ suite, passed }) => [suite, passed])).toEqual([
      ['hygiene', 2],
      ['inspec', 1],
      ['pester', 24],
    ])
    expect(await latest()).toBe(outcome.imageId)
    const { Images } = await new EC2Client({}).send(new DescribeImagesCommand({ ImageIds: [outcome.imageId ?? ''] }))
    const tags = Object.fromEntries((Images?.[0]?.Tags ?? []).map(({ Key, Value }) => [Key, Value]))
    expect(Object.values(tags)).toEqual(expect.arrayContaining(['windows-base', outcome.version, 'promoted']))
    const { Reservations } = await new EC2Client({}).send(new DescribeInstancesCommand({}))
    const left = Reservations?.flatMap(({ Instances }) => Instances ?? []).filter(({ State }) => State?.Name !== 'terminated')
    expect(left).toEqual([])
    expectNoPassword(outcome)
  })

  it.each([
    [
      'a hygiene check',
      () => answer('hygiene/outcome.json', hygiene('case\tfailed\t1\timage-generalised\tthe file Sysprep_succeeded.tag does not exist')),
      'hygiene: image-generalised: the file Sysprep_succeeded.tag does not exist',
    ],
    [
      'a machine that waits for a reboot',
      () =>
        answer('check/outcome.json', {
          rc: 0,
          stdout: '{"imageState":"IMAGE_STATE_COMPLETE","pending":["Windows Update"],"busy":[]}',
          stderr: '',
        }),
      'a reboot is pending (Windows Update)',
    ],
    ['a test of Pester', failPester, 'pester: The system › test 7: base.Tests.ps1:3: Expected 1, but got 2.'],
    ['a control of InSpec', () => inspec('failed', 100), 'inspec: net-1: The network: Port 445 is not reachable: expected false, got true'],
  ] as [string, () => void, string][])('is not promoted past %s, which is named', async (_what, spoil, why) => {
    const good = join(folder, 'good')
    cpSync(answers, good, { recursive: true })
    const before = await latest()
    spoil()
    const outcome = await bake()
    cpSync(good, answers, { recursive: true })
    inspec('passed', 0)
    expect(outcome.status).toBe('failed')
    expect(outcome.error).toMatchObject({ exitCode: 10, message: expect.stringContaining(why) })
    if (why.includes('reboot')) expect(outcome.error?.hint).toContain('end the playbook with ansible.windows.win_reboot')
    expect(await latest()).toBe(before)
    expect(await promoted(), 'nor is there an image of it').toEqual([before])
    expectNoPassword(outcome)
  })

  it('needs the calls of the policy, and no others', () => {
    expectPolicy(moto.gateway, 'windows-base.aws.test.ts')
  })
})

function failPester(): void {
  const failed = tests.map(
    (test, index): FakeTest => (index === 7 ? { ...test, result: 'Failed', message: 'Expected 1, but got 2.' } : test),
  )
  answer('pester/pester-results.json', renderPesterResults(failed))
  answer('pester/outcome.json', { rc: 1, stdout: '', stderr: '' })
}

/** Images with the watermark of promoted images. */
async function promoted(): Promise<(string | undefined)[]> {
  const { Images = [] } = await new EC2Client({}).send(new DescribeImagesCommand({ Owners: ['self'] }))
  return Images.filter(({ Tags = [] }) => Tags.some(({ Value }) => Value === 'promoted')).map(({ ImageId }) => ImageId)
}

/** Checks that the password is in no file, state, outcome or event, although tasks printed it. */
function expectNoPassword(outcome: object): void {
  expect(moto.gateway.calls, 'it was fetched').toContain('ec2:GetPasswordData')
  expect(readFileSync(join(answers, 'calls.jsonl'), 'utf8'), 'and given to Ansible').toContain(JSON.stringify(canary))
  expect(filesWith(project, canary)).toEqual([])
  expect(holds(JSON.stringify([outcome, told]), canary)).toBe(false)
}
