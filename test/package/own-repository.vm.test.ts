import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { type RunResult, runTool } from '../../src/core/exec.ts'
import type { BakeOutcome } from '../../src/model/outcome.ts'
import type { PlannedFamily } from '../../src/model/planned-family.ts'
import { findOrdinaryUser, type OrdinaryUser } from '../helpers/ordinary-user.ts'
import { packPackage } from '../helpers/repository.ts'
import { shareCache } from '../helpers/share-cache.ts'

/** A program that reads the latest good image. It uses nothing but the package `@pulumi/pulumi` and the state of the repository. */
const reader = `import { LocalWorkspace } from '@pulumi/pulumi/automation/index.js'
import { latestGood } from 'bakehouse/pulumi'
const program = async () => {
  const { imageId, version, family } = latestGood('linux-db')
  return { imageId, version, family }
}
const stack = await LocalWorkspace.createOrSelectStack({ stackName: 'dev', projectName: 'reader', program })
const { outputs } = await stack.up()
console.log(JSON.stringify(Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]))))
`

/** Files of the repository that a user writes. `init` writes the others. */
const files = {
  'ansible.cfg': '[defaults]\nroles_path = common/roles\n',
  'group_vars/all.yml': 'greeting: hello\n',
  'common/roles/greet/tasks/main.yml': greet('{{ greeting }}'),
  'playbooks/linux-db/playbook.yml': '- name: Configure linux-db\n  hosts: all\n  gather_facts: false\n  roles: [greet]\n',
  'playbooks/linux-db/verify/goss.yaml': 'file:\n  /etc/greeting: {exists: true, contents: [hello]}\n',
}

function greet(content: string): string {
  return `- name: Greet\n  ansible.builtin.copy: {content: "${content}\\n", dest: /etc/greeting, mode: "0644"}\n`
}

let folder: string
let user: OrdinaryUser
let repository: string
let given: string

/** Runs a command in the repository, as a user without privileges. */
const inside = (...words: readonly string[]): Promise<RunResult> => user.command(repository, ...words)
const bakehouse = (...args: readonly string[]): Promise<RunResult> => inside('npx', 'bakehouse', ...args)

/** Writes a file in the repository, as that user. */
async function write(path: string, text: string): Promise<void> {
  const { exitCode, stderr } = await inside('sh', '-c', 'mkdir -p "$(dirname "$1")" && printf %s "$2" > "$1"', 'sh', path, text)
  expect(exitCode, stderr).toBe(0)
}

async function bake(...args: readonly string[]): Promise<Record<string, BakeOutcome>> {
  const { exitCode, stdout, stderr } = await bakehouse('bake', ...args, '--json')
  expect(exitCode, stderr).toBe(0)
  return Object.fromEntries([JSON.parse(stdout) as BakeOutcome | BakeOutcome[]].flat().map((outcome) => [outcome.family, outcome]))
}

async function plan(): Promise<[string, boolean | undefined, string][]> {
  const { exitCode, stdout, stderr } = await bakehouse('plan', '--json')
  expect(exitCode, stderr).toBe(0)
  return (JSON.parse(stdout) as PlannedFamily[]).map(({ family, needsBuild, why }) => [family, needsBuild, why])
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-pack-'))
  const [tarball] = await Promise.all([packPackage(folder), findOrdinaryUser().then((found) => (user = found))])
  await shareCache(user)
  repository = join(user.home, 'images')
  given = join(user.home, basename(tarball))
  await runTool('cp', [tarball, given])
  await runTool('chmod', ['0644', given])
  await user.command(user.home, 'mkdir', repository)
})

afterAll(async () => {
  rmSync(folder, { recursive: true })
  await user?.[Symbol.asyncDispose]()
})

describe('a user without privileges, in an empty folder, with nothing but the tarball', () => {
  test('installs the package, begins a family, and bakes it; packages for AWS need not be there', async () => {
    const installed = await inside('npm', 'install', '--save-dev', '--no-audit', '--no-fund', given)
    expect(installed.exitCode, installed.stderr).toBe(0)
    // Each process of a local build would end if it loaded one of them.
    expect((await inside('rm', '-r', 'node_modules/@aws-sdk', 'node_modules/@pulumi/aws')).exitCode).toBe(0)
    for (const args of [['linux-base'], ['linux-db', '--base', 'linux-base']]) {
      const { exitCode, stderr } = await bakehouse('init', ...args)
      expect(exitCode, stderr).toBe(0)
    }
    for (const [path, text] of Object.entries(files)) await write(path, text)
    // The lean variant boots three times as fast with emulation.
    const lean = await inside('sed', '-i', 's/^ *debian: bookworm$/&\\n  variant: lean/', 'playbooks/linux-base/family.yaml')
    expect(lean.exitCode).toBe(0)
    const { stdout: family } = await inside('cat', 'playbooks/linux-base/family.yaml')
    expect(parse(family).base).toEqual({ debian: 'bookworm', variant: 'lean' })

    const baked = await bake('--family', 'linux-base')
    expect(baked['linux-base']).toMatchObject({ status: 'promoted', imagePath: expect.stringContaining(repository) })
  })

  test('sees that only the child family needs a build, and builds it with a shared role and shared variables', async () => {
    const current = 'its inputs are those of its latest good image'
    expect(await plan()).toEqual([
      ['linux-base', false, current],
      ['linux-db', true, 'it has no promoted image yet'],
    ])
    const first = await bake('--all', '--if-changed')
    expect([first['linux-base']?.status, first['linux-db']?.status]).toEqual(['unchanged', 'promoted'])
  })

  test('changes the shared role: plan names the family that uses it, and --if-changed builds just this one', async () => {
    await write('common/roles/greet/tasks/main.yml', greet('{{ greeting }} again'))
    expect(await plan()).toEqual([
      ['linux-base', false, expect.any(String)],
      ['linux-db', true, 'its files, its settings or its tools changed'],
    ])
    const second = await bake('--all', '--if-changed')
    expect([second['linux-base']?.status, second['linux-db']?.status]).toEqual(['unchanged', 'promoted'])
    expect((await plan()).map(([, needsBuild]) => needsBuild)).toEqual([false, false])

    await write('reader.mjs', reader)
    const tools = JSON.parse((await inside('cat', '.bakehouse/tools.json')).stdout)
    const state = [
      `PULUMI_BACKEND_URL=file://${repository}/.bakehouse/state`,
      `PULUMI_CONFIG_PASSPHRASE_FILE=${repository}/.bakehouse/passphrase`,
    ]
    const { stdout, stderr } = await inside(
      ...['env', ...state, 'sh', '-c', 'PATH="$1:$PATH" exec node reader.mjs', 'sh'],
      dirname(tools.pulumi),
    )
    expect(JSON.parse(stdout || stderr)).toEqual({
      family: 'linux-db',
      version: second['linux-db']?.version,
      imageId: second['linux-db']?.imageId,
    })
  })
})
