import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RunResult, run } from '../../src/core/exec.ts'
import { cacheFolder } from '../../src/core/paths.ts'
import type { BakeOutcome } from '../../src/model/outcome.ts'
import { makeClone } from '../helpers/clone.ts'
import { findOrdinaryUser, type OrdinaryUser } from '../helpers/ordinary-user.ts'
import { tinyFamily } from '../helpers/tiny-family.ts'

const root = mkdtempSync(join(tmpdir(), 'bakehouse-test-'))
// A socket has a path of 108 bytes at most.
const folder = join(root, `-my "Bücher", it's 100% #1 $5`, 'deep/'.repeat(24), 'Bakehouse')
const dead = 'http://127.0.0.1:9'
const proxy = { http_proxy: dead, https_proxy: dead, HTTPS_PROXY: dead, NO_PROXY: 'intranet.example, .corp.example', no_proxy: '' }
/** Variables that users set for other purposes. Each of them would stop the build or change the image. */
const unwanted = {
  ...{ PULUMI_OPTION_TARGET: 'urn:pulumi:x::y::z::none', PULUMI_STACK: 'other', PULUMI_HOME: '/nonexistent' },
  ...{
    ANSIBLE_RUN_TAGS: 'none',
    ANSIBLE_INVENTORY: '/nonexistent',
    ANSIBLE_REMOTE_USER: 'nobody',
    ANSIBLE_LOG_PATH: join(root, 'ansible.log'),
  },
  ...{ AWS_PROFILE: 'none', NODE_OPTIONS: `--require=${join(root, 'stop.cjs')}`, NODE_PATH: root },
  ...{ PYTHONPATH: join(root, 'python'), PYTHONOPTIMIZE: '2', PIP_USER: '1', TAR_OPTIONS: '--none', CDPATH: '/', BASH_ENV: '/nonexistent' },
}
let user: OrdinaryUser
let base: { readonly path: string; readonly sha256: string }

const npm = (...args: readonly string[]): Promise<RunResult> =>
  run('npm', ['run', '--silent', ...args], {
    cwd: folder,
    // Only this test uses the base image, so a VM snapshot of it would waste space.
    env: { ...proxy, ...unwanted, BAKEHOUSE_PROJECT: '', BAKEHOUSE_HOME: '', BAKEHOUSE_SNAPSHOTS: 'off', NO_COLOR: '1' },
    timeoutMs: 1_700_000,
  })

beforeAll(async () => {
  // NODE_OPTIONS loads it before every program. npm and setup.mjs start; a program of Bakehouse that got the option ends immediately.
  writeFileSync(join(root, 'stop.cjs'), 'if (/\\.ts$/.test(process.argv[1])) process.exit(97)\n')
  mkdirSync(join(root, 'python'))
  for (const name of ['yaml', 'jinja2']) writeFileSync(join(root, 'python', `${name}.py`), 'raise SystemExit(97)\n')
  user = await findOrdinaryUser()
})
afterAll(async () => {
  await npm('bake', '--', 'reap')
  const bases = join(cacheFolder(), 'base')
  for (const name of readdirSync(bases)) if (name.startsWith(`image-${base?.sha256}-`)) rmSync(join(bases, name))
  rmSync(root, { recursive: true })
  await user[Symbol.asyncDispose]()
})

it('a user without privileges, whose home folder is closed to others, makes the base image of Debian 13', async () => {
  const { exitCode, stdout, stderr } = await user.run('test/helpers/make-base.ts')
  expect(exitCode, stderr).toBe(0)
  base = JSON.parse(stdout)
  expect(base.sha256).toMatch(/^[0-9a-f]{64}$/)
})

it('promotes an image from it in a deep folder whose name needs quoting, with a dead proxy and variables for other purposes', async () => {
  await makeClone(folder)
  expect(folder.length).toBeGreaterThan(150)
  const family = `base: {image: ${base.path}, sha256: ${base.sha256}}\nverify: {suites: [{goss: verify/goss.yaml}]}\n`
  for (const [path, text] of Object.entries(tinyFamily('tiny', { family }))) {
    const file = join(folder, 'playbooks', path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  const { exitCode, stdout, stderr } = await npm('bake', '--', '--family', 'tiny', '--json')
  expect(exitCode, stderr).toBe(0)
  const outcome = JSON.parse(stdout) as BakeOutcome
  expect(outcome).toMatchObject({ status: 'promoted', imagePath: expect.stringContaining(folder) })
  const outputs = await npm('pulumi', '--', 'stack', 'output', 'version', '-s', 'tiny')
  expect([outputs.stdout.trim(), outputs.stderr]).toEqual([outcome.version, ''])
  expect(readdirSync(root)).not.toContain('ansible.log')
})
