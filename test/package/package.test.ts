import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { publint } from 'publint'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { run } from '../../src/core/exec.ts'
import { packageFolder } from '../../src/core/paths.ts'
import { makeRepository, packPackage, type Repository } from '../helpers/repository.ts'

const root = packageFolder()
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
let folder: string
let tarball: string
let repository: Repository
let files: string[]

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-package-'))
  tarball = await packPackage(folder)
  repository = await makeRepository(tarball)
  const installed = join(repository.folder, 'node_modules/bakehouse')
  files = readdirSync(installed, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(installed.length + 1))
}, 600_000)

afterAll(() => {
  repository?.[Symbol.dispose]()
  rmSync(folder, { recursive: true, force: true })
})

const read = (path: string): string => readFileSync(join(repository.folder, 'node_modules/bakehouse', path), 'utf8')

describe('the tarball', () => {
  test('contains the compiled program, its documentation and schema, and nothing else', () => {
    const tops = new Set(
      files.map((path) =>
        path
          .split('/')
          .slice(0, path.startsWith('dist/') ? 2 : 1)
          .join('/'),
      ),
    )
    expect([...tops].sort()).toEqual(
      [
        '.github',
        'CHANGELOG.md',
        'LICENSE',
        'Pulumi.yaml',
        'README.md',
        'dist/src',
        'dist/stacks',
        'docs',
        'package.json',
        'schema',
      ].sort(),
    )
    expect(files.filter((path) => /(^|\/)(test|bench|node_modules|\.bakehouse|\.env)(\/|$)|\.(tgz|log|pem|key)$/.test(path))).toEqual([])
  })

  test('has no TypeScript source, because Node removes no types below node_modules', () => {
    expect(files.filter((path) => /(?<!\.d)\.ts$/.test(path))).toEqual([])
    const stale = files.filter((path) => path.endsWith('.js') && /(?:from|import\() ?['"]\.[^'"]*\.ts['"]/.test(read(path)))
    expect(stale).toEqual([])
  })

  test('has a declaration and a source map for each module', () => {
    const modules = files.filter((path) => path.endsWith('.js') && path.startsWith('dist/'))
    const missing = modules.flatMap((path) => [path.replace(/\.js$/, '.d.ts'), `${path}.map`]).filter((path) => !files.includes(path))
    expect([modules.length > 300, missing]).toEqual([true, []])
  })

  test('has every file that is not TypeScript, with its permissions', async () => {
    const { stdout } = await run('git', ['ls-files', 'src', 'stacks'], { cwd: root })
    const wanted = stdout.split('\n').filter((path) => path !== '' && !path.endsWith('.ts'))
    expect(wanted.filter((path) => !files.includes(`dist/${path}`))).toEqual([])
  })

  test('contains no path of this computer, and no secret', () => {
    const unwanted = [root, join(homedir(), '.cache'), 'BEGIN OPENSSH PRIVATE', 'BEGIN RSA PRIVATE']
    const found = files.filter((path) =>
      unwanted.some((text) => readFileSync(join(repository.folder, 'node_modules/bakehouse', path)).includes(text)),
    )
    expect(found.filter((path) => !/dist\/src\/.*(?:hygiene|redact)/.test(path))).toEqual([])
  })

  test('has exact versions, a licence, and no dependency on a Node', () => {
    expect(manifest.license).toBe('Apache-2.0')
    expect(manifest.optionalDependencies).toBeUndefined()
    expect(Object.values<string>(manifest.dependencies).filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
  })

  test('passes publint', async () => {
    const { messages } = await publint({ pack: { tarball: Uint8Array.from(readFileSync(tarball)).buffer }, strict: true })
    expect(messages).toEqual([])
  })

  test('has types that a program with module resolution of Node finds', async () => {
    const attw = join(root, 'node_modules/.bin/attw')
    const { exitCode, stdout } = await run(attw, [tarball, '--profile', 'esm-only', '--no-color', '--no-emoji'], {
      cwd: folder,
      timeoutMs: 110_000,
    })
    expect(exitCode, stdout).toBe(0)
  })
})

describe('in a repository with the package', () => {
  test('npx bakehouse prints its help, with the commands that a user can type there', async () => {
    const { exitCode, stdout } = await repository.bakehouse(['--help'])
    expect(exitCode).toBe(0)
    expect(stdout).toContain('npx bakehouse init <family>')
    expect(stdout).not.toContain('npm run')
  })

  test('--version prints the version of the package', async () => {
    expect((await repository.bakehouse(['--version'])).stdout.trim()).toBe(manifest.version)
  })

  test('without a project, it says where it searched and how to begin', async () => {
    const { exitCode, stderr } = await repository.bakehouse(['families'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain(`Expected a project in ${repository.folder} or in a folder above it`)
    expect(stderr).toContain('hint: create a family here: npx bakehouse init <family>')
  })

  test('init begins a project, which is then found from each folder inside of it, and with --project from elsewhere', async () => {
    expect((await repository.bakehouse(['init', 'linux-base'])).exitCode).toBe(0)
    repository.write('bakehouse.yaml', `${readFileSync(join(repository.folder, 'bakehouse.yaml'), 'utf8')}lockSeconds: 5\n`)
    expect((await repository.bakehouse(['config'])).stdout).toMatch(/^lockSeconds +5 +bakehouse\.yaml$/m)
    repository.write('apps/web/README.md', '')
    const elsewhere = await repository.bakehouse(['families', '--project', repository.folder], { below: '..' })
    for (const { stdout } of [await repository.bakehouse(['families'], { below: 'apps/web' }), elsewhere]) {
      expect(stdout).toMatch(/^linux-base\s+local\s+debian\s+What linux-base is for\.\n$/)
    }
  })

  test('init writes a weekly build and programs for consumers, adds to .gitignore, and keeps what exists', async () => {
    repository.write('.gitignore', '*.log\nnode_modules')
    const init = async (...args: string[]) => JSON.parse((await repository.bakehouse(['init', ...args, '--json'])).stdout)
    const text = (path: string): string => readFileSync(join(repository.folder, path), 'utf8')
    const first = await init('web', '--base', 'linux-base', '--ci', 'github', '--consumer', 'vm')
    expect(first.others).toEqual(['.github/workflows/bake.yml', 'stacks/web-vm/Pulumi.yaml', 'stacks/web-vm/index.mjs', '.gitignore'])
    expect(text('.gitignore')).toBe('*.log\nnode_modules\n.bakehouse/\n')
    const workflow = text('.github/workflows/bake.yml')
    expect(workflow).toContain(`'["web"]'`)
    expect(workflow).toContain('npx bakehouse --family "$FAMILY"')
    expect(workflow).toMatch(/setup-node[\s\S]*run: npm ci[\s\S]*npx bakehouse --family/)
    expect(workflow).not.toContain('npm run')
    repository.write('.github/workflows/bake.yml', 'name: mine\n')

    const second = await init('db', '--ci', 'github', '--consumer', 'asg')
    expect(second).toMatchObject({ others: ['stacks/db-asg/Pulumi.yaml', 'stacks/db-asg/index.mjs'], kept: ['.github/workflows/bake.yml'] })
    expect(text('.github/workflows/bake.yml')).toBe('name: mine\n')

    expect((await init('cache', '--ci', 'gitlab')).others).toEqual(['.gitlab-ci.yml'])
    const { bake } = parse(text('.gitlab-ci.yml'))
    expect(bake.before_script[0]).toContain('npm ci')
    expect([...bake.script, bake.after_script.at(-1)]).toEqual([
      'npx bakehouse --family cache --cloud aws',
      'npx bakehouse reap --family cache --cloud aws',
    ])
    expect((await repository.bakehouse(['families'])).exitCode, 'the new families are valid').toBe(0)
  })

  test('the program for a machine reads the latest good image from the stack of the family', async () => {
    repository.write('key.pub', 'ssh-ed25519 AAAA me')
    repository.write(
      'mock.mjs',
      `import { runtime } from '@pulumi/pulumi'
const made = []
const outputs = { imageId: 'web-1', imageName: 'web-1', version: '1', family: 'web', cloud: 'local', region: 'r', imagesByRegion: { r: 'web-1' },
  baseImage: 'b', digest: 'd', verified: [], promotedAt: 'p', sourceCommit: 'c', buildStack: 's', previousVersion: '', inputsDigest: 'i' }
runtime.setAllConfig({ 'web-vm:identityFile': '${join(repository.folder, 'key')}' })
await runtime.setMocks({
  newResource: ({ type, name, inputs }) => {
    made.push([type, inputs.name, inputs.image])
    const state = type.endsWith('StackReference') ? { name: inputs.name, outputs } : { ...inputs, host: { address: 'a', port: 1, user: 'root' } }
    return { id: name, state }
  },
  call: () => ({}),
}, 'web-vm', 'dev', false, 'organization')
const { version } = await import('./stacks/web-vm/index.mjs')
version.apply((text) => process.once('beforeExit', () => console.log(JSON.stringify([text, made]))))
`,
    )
    const { stdout, stderr } = await repository.run(process.execPath, ['mock.mjs'])
    expect(JSON.parse(stdout || stderr)).toEqual([
      '1',
      [
        ['pulumi:pulumi:StackReference', 'organization/bakehouse/web', null],
        ['qemu:index:Instance', 'vm-web', 'web-1'],
      ],
    ])
  })

  test('history, doctor and the IAM policy work before set-up, and a mistake in a family names its file', async () => {
    const [history, doctor, policy] = await Promise.all(
      [['history'], ['doctor', '--json'], ['aws-policy']].map((args) => repository.bakehouse(args)),
    )
    expect(history?.stdout).toContain('npx bakehouse')
    expect(doctor?.stdout).toContain('npx bakehouse setup')
    expect(JSON.parse(policy?.stdout ?? '')).toHaveProperty('Version')
    repository.write('playbooks/broken/family.yaml', 'bse: {}\n')
    const { exitCode, stdout } = await repository.bakehouse(['families', '--json'])
    expect(exitCode).toBe(2)
    expect(JSON.parse(stdout)).toContainEqual({ name: 'broken', error: expect.stringContaining('playbooks/broken/family.yaml:1:1') })
    rmSync(join(repository.folder, 'playbooks/broken'), { recursive: true })
  })

  test('a program imports the library with its types', async () => {
    writeFileSync(
      join(repository.folder, 'program.mts'),
      `import { type BakeOptions, bake, history, listFamilies } from 'bakehouse'
import { imageIn, latestGood } from 'bakehouse/pulumi'
const options: BakeOptions = { signal: AbortSignal.timeout(1000) }
// @ts-expect-error keep has three values
const wrong = () => bake([{ family: 'x', keep: 'sometimes', dryRun: false, ifChanged: false, prove: false }], options)
console.log(JSON.stringify([await listFamilies(), typeof history, typeof latestGood, typeof imageIn, typeof wrong]))
`,
    )
    const compiler = join(root, 'node_modules/.bin/tsc')
    const settings = [
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--strict',
      '--skipLibCheck',
      '--types',
      'node',
      '--typeRoots',
      join(root, 'node_modules/@types'),
    ]
    const compiled = await repository.run(compiler, [...settings, 'program.mts'])
    expect(compiled.exitCode, compiled.stdout).toBe(0)
    const { stdout, stderr } = await repository.run(process.execPath, ['program.mjs'])
    expect(JSON.parse(stdout || stderr)).toEqual([expect.arrayContaining(['linux-base']), 'function', 'function', 'function', 'function'])
  })

  // A whole build without them is in own-repository.vm.test.ts.
  test('packages that only AWS needs are loaded for AWS only, and those that only the engine needs for builds only', async () => {
    const local = [['--help'], ['families'], ['config'], ['history']]
    const outputs = () => Promise.all(local.map((args) => repository.bakehouse(args)))
    const before = await outputs()
    for (const name of ['@aws-sdk', '@pulumi', '@grpc']) rmSync(join(repository.folder, 'node_modules', name), { recursive: true })
    expect(await outputs()).toEqual(before)
    expect((await repository.bakehouse(['init', 'last'])).exitCode).toBe(0)
    const onAws = await repository.run(process.execPath, ['--eval', "import('bakehouse/stacks/asg')"])
    expect(onAws.stderr).toContain('@pulumi')
  })
})
