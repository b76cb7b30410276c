import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DescribeImagesCommand, DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2'
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bakeFamily } from '../../../src/bake/bake.ts'
import { toolsFile } from '../../../src/setup/tools.ts'
import { writePluginFolder } from '../../aws/plugin-folder.ts'
import { withMoto } from '../../cloud/aws/with-moto.ts'
import { filesWith } from '../../helpers/windows.ts'

withMoto()
const canary = 'Canary-9-Pa55word'
const fixtures = join(import.meta.dirname, '../../fixtures/windows')
const folder = mkdtempSync(join(tmpdir(), 'bakehouse-test-'))
const answers = join(folder, 'answers')
const project = join(folder, 'project')
const parameter = '/vendor/ami-windows-latest/Windows_Server-2022-English-Full-Base'
const relay = `${process.execPath} ${fixtures}/wsman-relay.mjs %h`

/** What the machines answer, until a test says otherwise: a good base, a good image. */
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

/** The family as it is in the project, reached by PowerShell remoting through a command, its base where moto lets us put it. */
function familyFile(): string {
  const own = readFileSync(join(import.meta.dirname, '../../../playbooks/windows-base/family.yaml'), 'utf8')
  return own
    .replace('/aws/service/', '/vendor/')
    .replace('windows_release: "2025"', 'windows_release: "2022"')
    .replace(/^ {2}transport: ssh\n {2}by: cloud-init$/m, '  transport: psrp\n  by: password')
    .replace('configure:\n', 'configure:\n  secrets: { ansible_password: { env: WINDOWS_PASSWORD } }\n')
    .replace('aws:\n', `aws:\n  reach: { proxyCommand: ${JSON.stringify(relay)}, ingress: 192.0.2.1/32 }\n`)
}

function bake() {
  const request = { family: 'windows-base', keep: 'never', dryRun: false, ifChanged: false, prove: false } as const
  return bakeFamily(request, () => {}, AbortSignal.timeout(600_000))
}

const latest = () =>
  new SSMClient({}).send(new GetParameterCommand({ Name: '/bakehouse/windows-base/latest' })).then(
    ({ Parameter }) => Parameter?.Value,
    () => undefined,
  )

describe('windows-base on the emulated cloud', () => {
  beforeAll(async () => {
    const tools = readFileSync(toolsFile(), 'utf8')
    const home = join(project, '.bakehouse')
    cpSync(join(import.meta.dirname, '../../../playbooks/windows-base'), join(project, 'playbooks/windows-base'), { recursive: true })
    rmSync(join(project, 'playbooks/windows-base/requirements.yml'))
    writeFileSync(join(project, 'playbooks/windows-base/family.yaml'), familyFile())
    mkdirSync(home, { recursive: true })
    writeFileSync(join(home, 'tools.json'), tools)
    Object.assign(process.env, {
      BAKEHOUSE_PROJECT: project,
      BAKEHOUSE_HOME: home,
      BAKEHOUSE_VENV: join(fixtures, 'venv'),
      BAKEHOUSE_PLUGINS: writePluginFolder(join(folder, 'plugin')),
      FAKE_WINDOWS: answers,
      WINDOWS_PASSWORD: canary,
    })
    const { Images } = await new EC2Client({}).send(new DescribeImagesCommand({ Owners: ['amazon'] }))
    const base = Images?.find(({ Architecture }) => Architecture === 'x86_64')?.ImageId ?? ''
    await new SSMClient({}).send(new PutParameterCommand({ Name: parameter, Type: 'String', Value: base }))
    answer('identity/outcome.json', { rc: 0, stdout: 'machine-id S-1-5-21-1-2-3\n', stderr: '' })
    answer('check/outcome.json', { rc: 0, stdout: '{"imageState":"IMAGE_STATE_COMPLETE","pending":[],"busy":[]}\n', stderr: '' })
    answer('hygiene/outcome.json', hygiene())
    answer('pester/outcome.json', { rc: 0, stdout: '', stderr: '' })
    const names = Array.from({ length: 24 }, (_, index) => `The system.test ${index}`)
    const cases = names.map((name) => `<testcase name="${name}" status="Passed" time="0.1"/>`)
    answer('pester/pester-report.xml', `<testsuites name="Pester"><testsuite name="x">${cases.join('')}</testsuite></testsuites>`)
    answer('pester/pester-summary.json', {
      result: 'Passed',
      total: 24,
      passed: 24,
      failed: 0,
      notRun: 0,
      failedBlocks: 0,
      failedContainers: 0,
    })
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('is baked from the vendor’s pointer to a promoted, tagged image that the parameter names', async () => {
    const outcome = await bake()
    expect(outcome.error?.message).toBeUndefined()
    expect(outcome.status).toBe('promoted')
    expect(outcome.verified?.map(({ suite, passed }) => [suite, passed])).toEqual([
      ['hygiene', 2],
      ['pester', 24],
    ])
    expect(await latest()).toBe(outcome.imageId)
    const { Images } = await new EC2Client({}).send(new DescribeImagesCommand({ ImageIds: [outcome.imageId ?? ''] }))
    const tags = Object.fromEntries((Images?.[0]?.Tags ?? []).map(({ Key, Value }) => [Key, Value]))
    expect(Object.values(tags)).toEqual(expect.arrayContaining(['windows-base', outcome.version, 'promoted']))
    const { Reservations } = await new EC2Client({}).send(new DescribeInstancesCommand({}))
    const left = Reservations?.flatMap(({ Instances }) => Instances ?? []).filter(({ State }) => State?.Name !== 'terminated')
    expect(left).toEqual([])
    expect(filesWith(project, canary), 'no password in any file').toEqual([])
    expect(JSON.stringify(outcome)).not.toContain(canary)
  })

  it.each([
    [
      'a check of its hygiene',
      'hygiene/outcome.json',
      hygiene('case\tfailed\t1\tthe image was generalised\tSysprep left no mark of success'),
      'the image was generalised',
    ],
    [
      'a machine that waits for a reboot',
      'check/outcome.json',
      { rc: 0, stdout: '{"imageState":"IMAGE_STATE_COMPLETE","pending":["Windows Update"],"busy":[]}', stderr: '' },
      'a reboot is pending',
    ],
  ])('is not promoted past %s, which is named', async (_what, path, content, why) => {
    const good = readFileSync(join(answers, path), 'utf8')
    const before = await latest()
    answer(path, content)
    const outcome = await bake()
    answer(path, good)
    expect(outcome.status).toBe('failed')
    expect(outcome.error).toMatchObject({ exitCode: 10, message: expect.stringContaining(why) })
    expect(await latest()).toBe(before)
    expect(filesWith(project, canary)).toEqual([])
  })
})
