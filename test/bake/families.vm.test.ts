import { spawn } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { findAccelerator } from '../../src/cloud/local/qemu/accelerator.ts'
import type { Accelerator } from '../../src/cloud/local/qemu/arguments.ts'
import { findFreePort } from '../../src/cloud/local/qemu/port.ts'
import { run, runTool } from '../../src/core/exec.ts'
import { playbooksFolder } from '../../src/core/paths.ts'
import { readQemu } from '../../src/core/tools.ts'
import { makeProject, type Project } from '../helpers/project.ts'

const project: Project = makeProject({})
for (const family of ['linux-base', 'linux-web']) {
  cpSync(join(playbooksFolder(), family), join(project.folder, 'playbooks', family), { recursive: true })
}
// Boots faster. standard-base.vm.test.ts builds on the standard variant.
const familyFile = join(project.folder, 'playbooks/linux-base/family.yaml')
writeFileSync(familyFile, readFileSync(familyFile, 'utf8').replace('debian: bookworm', 'debian: bookworm\n  variant: lean'))
afterAll(() => project[Symbol.asyncDispose](), 300_000)

const promoted: Record<string, string> = {}

describe('the families of this project', () => {
  it('build linux-base, whose playbook reboots the machine', async () => {
    const { exitCode, outcome, stderr } = await project.bake('linux-base')
    expect([exitCode, outcome.status], stderr).toEqual([0, 'promoted'])
    const suites = outcome.verified?.map(({ suite, failed }) => ({ suite: suite.split(/[ :]/)[0], failed }))
    expect(suites).toEqual(['hygiene', 'goss', 'testinfra', 'ansible'].map((suite) => ({ suite, failed: 0 })))
    expect(outcome.verified?.[0]?.passed).toBeGreaterThanOrEqual(20)
    const record = JSON.parse(readFileSync(outcome.recordPath ?? '', 'utf8'))
    expect(record.tasks.map(({ name }: { name: string }) => name)).toContain('Reboot')
    promoted['linux-base'] = outcome.imagePath ?? ''
  })

  it('build linux-web, whose record names the version of its parent family linux-base', async () => {
    const { exitCode, outcome, stderr } = await project.bake('linux-web')
    expect([exitCode, outcome.status], stderr).toEqual([0, 'promoted'])
    const record = JSON.parse(readFileSync(outcome.recordPath ?? '', 'utf8'))
    expect(record.base.ancestor).toEqual({ family: 'linux-base', version: expect.stringMatching(/^\d{4}\.\d\d\.\d\d/) })
    promoted['linux-web'] = outcome.imagePath ?? ''
  })

  it('give images without a backing file', async () => {
    for (const image of Object.values(promoted)) {
      const info = JSON.parse(await runTool(readQemu().img, ['info', '--output=json', image]))
      expect(info['backing-filename'], image).toBeUndefined()
    }
  })

  it('give images that boot with the command line in README.md, with a new identity on each machine', async () => {
    const key = join(project.folder, 'key')
    await runTool('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
    const identities = []
    const accelerator = await findAccelerator()
    for (let count = 0; count < 2; count++) {
      const port = await findFreePort()
      identities.push(await identityOf({ image: promoted['linux-web'] ?? '', port, key, accelerator }))
    }
    const [one, other] = identities
    expect(one).toMatch(/^[0-9a-f]{32}\n/)
    expect(one?.split('\n')[0]).not.toBe(other?.split('\n')[0])
    expect(one?.split('\n')[1]).not.toBe(other?.split('\n')[1])
  })
})

/** The command line of README.md. If KVM does not work on this computer, without it. */
const accelerated: Readonly<Record<Accelerator, string>> = {
  kvm: '-accel kvm -accel tcg -cpu max',
  'kvm,arch-capabilities=off': '-accel kvm -cpu max,arch-capabilities=off',
  hvf: '-accel hvf -cpu max',
  tcg: '-accel tcg -cpu max',
}

interface ReadmeValues {
  readonly image: string
  readonly port: number
  readonly key: string
  readonly accelerator: Accelerator
}

/** The command line of README.md, with its placeholders filled in. */
function readmeCommand(values: ReadmeValues): string {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
  const [command = ''] = /qemu-system-x86_64 [\s\S]*?\n(?=ssh -p)/.exec(readme) ?? []
  return command
    .replace('<imagePath>', values.image)
    .replace('2222', String(values.port))
    .replace('~/.ssh/id_ed25519.pub', `${values.key}.pub`)
    .replace('-accel kvm -accel tcg -cpu max', accelerated[values.accelerator])
}

/** machine-id and SSH host key of a machine that was started with that command line. */
async function identityOf(values: ReadmeValues): Promise<string> {
  const machine = spawn('sh', ['-c', `exec ${readmeCommand(values)}`], { stdio: 'ignore' })
  try {
    for (const deadline = Date.now() + 600_000; Date.now() < deadline; ) {
      const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'BatchMode=yes', 'ConnectTimeout=180', 'LogLevel=ERROR']
      const ssh = ['-F', 'none', '-i', values.key, '-p', String(values.port), ...options.flatMap((option) => ['-o', option])]
      const script = 'cat /etc/machine-id /etc/ssh/ssh_host_ed25519_key.pub'
      const { exitCode, stdout } = await run('ssh', [...ssh, 'root@127.0.0.1', script])
      if (exitCode === 0) return stdout
      await new Promise((done) => setTimeout(done, 1000))
    }
    throw new Error('the machine started by hand accepted no login')
  } finally {
    machine.kill('SIGKILL')
  }
}
