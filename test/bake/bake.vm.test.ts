import { chmodSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { run, runTool } from '../../src/core/exec.ts'
import { sourceFolder } from '../../src/core/paths.ts'
import type { BuildRecord } from '../../src/model/record.ts'
import { auditFiles } from '../helpers/audit.ts'
import { countEngineRuns } from '../helpers/engine-runs.ts'
import { killNextEngine } from '../helpers/engines.ts'
import { findText, makeProject, type Project } from '../helpers/project.ts'
import { tinyFamily } from '../helpers/tiny-family.ts'

const canary = 'canary-7f3a"b\\c/d+e=f'
const canaryForms = ['canary-7f3a', Buffer.from(canary).toString('base64').replace(/=+$/, ''), encodeURIComponent(canary)]

const secretTasks = `
    - name: Print a secret
      ansible.builtin.debug: {msg: "it is {{ token }}"}
    - name: Use a secret
      ansible.builtin.command: {argv: [/bin/echo, "{{ token }}"]}
      changed_when: false
    - name: Write small files that sealing removes, between files that stay
      ansible.builtin.shell: |
        mkdir -p /var/lib/amazon/ssm/Vault/Store /opt/kept
        for i in $(seq 40); do
          echo "kept $i" >/opt/kept/$i
          printf '%s-%s\\n' removed secret-$i >/var/lib/amazon/ssm/Vault/Store/$i
          printf '%s-%s\\n' removed secret-$i >/var/log/$i.log
        done
        sync
`

const tinyYaml = [
  'base: {debian: bookworm, variant: lean}',
  'configure: {secrets: {token: {env: TINY_TOKEN}}}',
  'verify: {suites: [{goss: verify/goss.yaml}]}',
  '',
].join('\n')

const auditedYaml = [
  'base: {debian: bookworm, variant: lean}',
  'verify: {suites: [{goss: audit/goss.yml, variables: [audit/vars.yml, {user: root, rule_2: false}]}]}',
  '',
].join('\n')
/** Hardened machines have this. */
const noexecTask = `
    - name: Let no program run from shared memory
      ansible.builtin.lineinfile: {path: /etc/fstab, line: "tmpfs /dev/shm tmpfs rw,nosuid,nodev,noexec 0 0"}
`

const project: Project = makeProject({
  ...tinyFamily('tiny', {
    family: tinyYaml,
    tasks: secretTasks,
  }),
  ...tinyFamily('failing-case', { family: auditedYaml, tasks: noexecTask }),
  ...auditFiles('failing-case', 150),
})
chmodSync(join(project.folder, 'playbooks/failing-case/audit/scripts/answer.sh'), 0o755)
const engineRuns = countEngineRuns(project.home)
afterAll(() => project[Symbol.asyncDispose](), 120_000)

/** What a build has left: running machines, and images that are not promoted. */
function leftovers(): string[] {
  const instances = existsSync(join(project.home, 'instances')) ? readdirSync(join(project.home, 'instances')) : []
  const images = existsSync(join(project.home, 'images')) ? readdirSync(join(project.home, 'images')) : []
  return [...instances, ...images.filter((name) => /candidate|partial|tmp/.test(name))]
}

function pulumi(args: readonly string[]) {
  return run(process.execPath, [join(sourceFolder(), 'setup/pulumi.ts'), ...args], { cwd: project.folder, env: project.env })
}

describe('a build on the local cloud', () => {
  it('promotes an image that passed, and writes no secret to any file', async () => {
    const { exitCode, outcome, stderr, stdout } = await project.bake('tiny', [], { TINY_TOKEN: canary })
    expect(outcome, stderr).toMatchObject({ status: 'promoted', family: 'tiny', cloud: 'local', previousVersion: '' })
    expect(exitCode).toBe(0)
    // Each run of the engine takes a second of CPU time. If this number grows, there must be a good reason.
    expect(engineRuns().sort()).toEqual([
      'stack export', // the latest good image
      'stack export', // the new family stack, only in the first build of the family
      'stack import', // the record of the build, when it begins
      'stack init', // the stack of the build
      'stack init', // the family stack, only in the first build of the family
      'up', // bake
      'up', // keep only the image
      'up', // promote
    ])
    expect(outcome.imagePath && existsSync(outcome.imagePath)).toBe(true)
    expect(outcome.verified?.map(({ suite, failed }) => [suite.split(/[ :]/)[0], failed])).toEqual([
      ['hygiene', 0],
      ['goss', 0],
    ])
    expect(leftovers()).toEqual([])
    for (const form of canaryForms) {
      expect(stdout + stderr).not.toContain(form)
      expect(findText(project.home, form)).toEqual([])
    }
  })

  it('leaves nothing of small removed files in the blocks of the image', async () => {
    const image = readdirSync(join(project.home, 'images')).find((name) => /^tiny-.*\.qcow2$/.test(name)) ?? ''
    const disk = join(project.folder, 'disk.raw')
    await runTool('qemu-img', ['convert', '-O', 'raw', join(project.home, 'images', image), disk])
    const count = async (text: string): Promise<number> => (await run('grep', ['-a', '-o', '-F', text, disk])).stdout.split(text).length - 1
    expect(await count('kept 17')).toBeGreaterThan(0)
    expect(await count('removed-secret-')).toBe(0)
    rmSync(disk)
  })

  it('leaves the promoted image as the only resource in its build stack, and a message in the history of the family stack', async () => {
    const version = JSON.parse((await project.outputs('tiny')) ?? '{}').version as string
    const state = JSON.parse((await pulumi(['stack', 'export', '-s', `tiny-${version}`])).stdout)
    const types = state.deployment.resources.filter(
      (each: { custom?: boolean; type: string }) => each.custom && !each.type.startsWith('pulumi:'),
    )
    expect(types.map((each: { type: string }) => each.type)).toEqual(['qemu:index:ImageCopy'])
    const history = JSON.parse((await pulumi(['stack', 'history', '--json', '-s', 'tiny'])).stdout)
    expect(history.map((update: { message: string }) => update.message)).toEqual([expect.stringContaining(`promote tiny ${version}:`)])
  })

  it('builds nothing with --if-changed if no input changed', async () => {
    engineRuns()
    const { exitCode, outcome } = await project.bake('tiny', ['--if-changed'], { TINY_TOKEN: canary })
    expect([exitCode, outcome.status]).toEqual([7, 'unchanged'])
    expect(engineRuns()).toEqual(['stack export'])
  })

  it('reports an engine that is killed during promote as interrupted, and keeps the latest good image', async () => {
    const before = await project.outputs('tiny')
    const build = project.bake('tiny', [], { TINY_TOKEN: canary })
    await killNextEngine(project.home, 'tiny', build)
    const { exitCode, outcome, stderr } = await build
    expect([exitCode, outcome.status, outcome.error?.phase], stderr).toEqual([9, 'interrupted', 'promote'])
    expect(stderr).toContain('interrupted during promote by SIGKILL to the Pulumi engine; everything the build made was removed')
    expect(stderr).not.toContain('nternal error')
    expect(await project.outputs('tiny')).toBe(before)
    expect(leftovers()).toEqual([])
    expect(JSON.parse(readFileSync(outcome.recordPath ?? '', 'utf8'))).toMatchObject({ status: 'interrupted', left: [] })
  })

  it('promotes nothing if a test case of hundreds fails on a machine with noexec shared memory, and names the test case', async () => {
    const { exitCode, outcome, stderr } = await project.bake('failing-case')
    expect([exitCode, outcome.status, outcome.error?.phase], stderr).toEqual([10, 'failed', 'verify'])
    expect(outcome.error?.message).toContain('/etc/absent')
    expect(stderr).toMatch(/failing-case \d{4}\.\d\d\.\d\d: verify failed: .*\/etc\/absent/)
    expect(stderr).toContain(outcome.logPath)
    // The stack of the family has the record of the build, and no image.
    expect(JSON.parse((await project.outputs('failing-case')) ?? '')).toEqual({})
    expect(leftovers()).toEqual([])
    expect(existsSync(outcome.recordPath ?? '')).toBe(true)
    const record = JSON.parse(readFileSync(outcome.recordPath ?? '', 'utf8')) as BuildRecord
    const audit = record.suites.find(({ verifier }) => verifier === 'goss')
    const others = audit?.cases.filter(({ status }) => status !== 'passed').map(({ name, status, message }) => [name, status, message])
    expect(others?.sort()).toEqual([
      ['File /etc/absent exists', 'failed', 'expected true, got false'],
      ['File /etc/absent mode', 'skipped', 'not checked, because exists failed'],
      ['Service nothing running', 'skipped', 'skipped by the goss file (skip: true)'],
    ])
    const passed = new Set(audit?.cases.filter(({ status }) => status === 'passed').map(({ name }) => name))
    const special = ['Mount /dev/shm opts', 'File /root owner', 'User root uid', 'Command rule 150 stdout']
    expect(special.filter((name) => !passed.has(name))).toEqual([])
    expect([passed.size, passed.has('Command rule 2 stdout')]).toEqual([149 * 2 + 6, false])
    expect(readFileSync(outcome.reportPath ?? '', 'utf8')).toContain('<summary>304 passed</summary>')
  })

  it('does not change the latest good image if the next build fails, and redacts a secret in the message of the failure', async () => {
    const before = await project.outputs('tiny')
    expect(before).toContain('imageId')
    const failing = '    - name: Fail with a secret\n      ansible.builtin.fail: {msg: "no such {{ token }}"}\n'
    project.write(tinyFamily('tiny', { family: tinyYaml, tasks: failing }))
    const { exitCode, outcome, stderr, stdout } = await project.bake('tiny', [], { TINY_TOKEN: canary })
    expect([exitCode, outcome.status, outcome.error?.phase], stderr).toEqual([10, 'failed', 'configure'])
    expect(outcome.error?.message).toContain('Fail with a secret')
    for (const form of canaryForms) {
      expect(stdout + stderr).not.toContain(form)
      expect(findText(project.home, form)).toEqual([])
    }
    expect(await project.outputs('tiny')).toBe(before)
    expect(leftovers()).toEqual([])
    const record = JSON.parse(readFileSync(outcome.recordPath ?? '', 'utf8'))
    expect(record).toMatchObject({ status: 'failed', error: { phase: 'configure' } })
  })
})
