import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type InstantCloud, openInstantCloud } from '../../bench/instant-cloud.ts'
import { aws } from '../../src/cloud/aws/aws.ts'
import { type RunResult, run } from '../../src/core/exec.ts'
import { findMarked } from '../../src/core/marked-processes.ts'
import { homeFolder, sourceFolder } from '../../src/core/paths.ts'
import type { BakeOutcome } from '../../src/model/outcome.ts'
import { makeClone } from '../helpers/clone.ts'
import { reapedIn } from '../helpers/reaped.ts'

let cloud: InstantCloud
let family = ''
let shared: Record<string, string>
const file = (name: string): string => join(cloud.folder, name)

beforeAll(async () => {
  cloud = await openInstantCloud(1)
  family = cloud.families[0] ?? ''
  mkdirSync(file('shared'))
  writeFileSync(file('passphrase'), 'open sesame\n')
  // Replaces `ssh`: while the file `gate` exists, each command writes the process of its build to `reached` and waits.
  mkdirSync(file('bin'))
  const wait = `while [ -e "$GATE" ]; do echo "$BAKEHOUSE_OWNER" >"$GATE.$$"; mv "$GATE.$$" "$GATE.reached"; sleep 0.2; done`
  writeFileSync(file('bin/ssh'), `#!/bin/bash\n${wait}\nexec '${join(sourceFolder(), '../bench/instant/ssh')}' "$@"\n`)
  chmodSync(file('bin/ssh'), 0o755)
  const { BAKEHOUSE_PROJECT: _project, BAKEHOUSE_HOME: _home, ...env } = cloud.env
  shared = {
    ...env,
    PATH: `${file('bin')}${delimiter}${cloud.env.PATH}`,
    GATE: file('gate'),
    PULUMI_BACKEND_URL: `file://${file('shared')}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: file('passphrase'),
  }
  Object.assign(process.env, Object.fromEntries(Object.entries(shared).filter(([name]) => name.startsWith('AWS_'))))
})
afterAll(() => cloud[Symbol.asyncDispose]())

/** The folder of a computer: a clone of its own, with the families and an empty home folder. Nothing in it is shared. */
async function cloneOf(computer: string): Promise<string> {
  const folder = file(computer)
  if (existsSync(folder)) return folder
  await makeClone(folder)
  cpSync(file('playbooks'), join(folder, 'playbooks'), { recursive: true })
  mkdirSync(join(folder, '.bakehouse'))
  cpSync(join(homeFolder(), 'tools.json'), join(folder, '.bakehouse/tools.json'))
  return folder
}

/** The environment of a computer, where the clone decides on the project and on its home folder. */
const environment = (more: Record<string, string> = {}): Record<string, string> => ({
  ...shared,
  ...{ BAKEHOUSE_PROJECT: '', BAKEHOUSE_HOME: '' },
  ...more,
})

async function bakehouse(computer: string, args: readonly string[], more: Record<string, string> = {}): Promise<RunResult> {
  const cwd = await cloneOf(computer)
  return run(process.execPath, [join(cwd, 'src/bake.ts'), ...args], { cwd, env: environment(more) })
}

async function history(computer: string): Promise<string[]> {
  const { stdout, stderr } = await bakehouse(computer, ['history', family, '--json'])
  try {
    return (JSON.parse(stdout) as { status: string }[]).map(({ status }) => status)
  } catch (cause) {
    throw new Error(`history printed no JSON: ${stdout}${stderr}`, { cause })
  }
}

const resources = async () => (await aws()).list({ tool: 'bakehouse', family })
const temporary = async () => (await resources()).filter(({ tags }) => tags.stage !== 'promoted')

/** Starts a build, and waits until it runs a command in its machine. `owner`: the process of the build. */
async function startBuild(computer: string): Promise<{ build: ChildProcess; owner: number; ended: Promise<BakeOutcome> }> {
  rmSync(file('gate.reached'), { force: true })
  writeFileSync(file('gate'), '')
  const [cwd, env] = [await cloneOf(computer), { ...process.env, ...environment() }]
  const build = spawn(process.execPath, [join(cwd, 'src/bake.ts'), '--family', family, '--json'], {
    ...{ cwd, env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) build[name].on('data', (chunk: Buffer) => (output[name] += chunk))
  const ended = once(build, 'close').then(() => JSON.parse(output.stdout) as BakeOutcome)
  ended.catch(() => {})
  await expect.poll(() => existsSync(file('gate.reached')) || build.exitCode !== null, { timeout: 200_000 }).toBe(true)
  expect(build.exitCode, output.stderr).toBeNull()
  return { build, owner: Number.parseInt(readFileSync(file('gate.reached'), 'utf8'), 10), ended }
}

describe('computers with a clone each and one state in a folder, with a passphrase in a file', () => {
  it('build one after the other, and each knows all builds, reads their logs, and cleans up', async () => {
    for (const computer of ['one', 'three']) {
      const { exitCode, stderr } = await bakehouse(computer, ['--family', family], { INSTANT_CASES: '3' })
      expect(exitCode, stderr).toBe(0)
    }
    const second = await bakehouse('two', ['--family', family])
    expect([second.exitCode, second.stderr]).toEqual([10, expect.stringContaining('expected at least 3')])
    for (const computer of ['one', 'two', 'three']) {
      expect(await history(computer), computer).toEqual(['failed', 'promoted', 'promoted'])
      const log = await bakehouse(computer, ['show', family, '--log'])
      expect(log.stdout, log.stderr).toMatch(/==> logs\/verify\.log <==[\s\S]*expected at least 3/)
      expect(reapedIn(await bakehouse(computer, ['reap', '--family', family, '--cloud', 'aws', '--json'])), computer).toEqual([])
    }
    expect(readdirSync(file('shared')).sort()).toEqual(['.pulumi', 'artifacts'])
  })

  it('do not build the same family at the same time: the second ends before it creates anything, and names the first', async () => {
    const { owner, ended } = await startBuild('one')
    const [before, stacks] = [await resources(), readdirSync(file('shared/.pulumi/stacks/bakehouse')).sort()]
    const second = await bakehouse('two', ['--family', family])
    expect([second.exitCode, second.stderr]).toEqual([3, expect.stringContaining(`${family} is being built by process ${owner} on `)])
    expect(second.stderr).toContain(`reap --family ${family}`)
    expect((await resources()).map(({ id }) => id)).toEqual(before.map(({ id }) => id))
    expect(readdirSync(file('shared/.pulumi/stacks/bakehouse')).sort()).toEqual(stacks)
    expect(await history('two')).toEqual(['running', 'failed', 'promoted', 'promoted'])
    rmSync(file('gate'))
    // The latest good version had three cases, and this build has one.
    expect((await ended).status).toBe('failed')
  })

  it('know that a build of another one was cancelled, and have its logs', async () => {
    const { build, ended } = await startBuild('one')
    build.kill('SIGINT')
    rmSync(file('gate'))
    expect((await ended).status).toBe('cancelled')
    expect((await history('three'))[0]).toBe('cancelled')
    expect(await temporary()).toEqual([])
  })

  it('know that a build of another one was interrupted, and delete what it left', async () => {
    const { owner, ended } = await startBuild('one')
    process.kill(owner, 'SIGKILL')
    rmSync(file('gate'))
    expect((await ended).status).toBe('interrupted')
    // Its clone and its home are lost too, after its engine and its steps have ended.
    await expect.poll(() => findMarked('BAKEHOUSE_OWNER').filter(({ value }) => value.startsWith(`${owner} `))).toEqual([])
    rmSync(file('one'), { recursive: true })
    expect((await history('three'))[0]).toBe('interrupted')
    const shown = await bakehouse('three', ['show', family])
    expect(shown.stdout).toContain('interrupted')
    expect(shown.stdout).toContain(`reap --family ${family}`)
    expect(await temporary()).not.toEqual([])
    const reaped = await bakehouse('three', ['reap', '--family', family, '--cloud', 'aws'])
    expect([reaped.exitCode, reaped.stdout], reaped.stderr).toEqual([0, expect.stringContaining('removed')])
    expect(await temporary()).toEqual([])
  })

  it('delete the machines that another one kept of a promoted build, and keep its image', async () => {
    const { stdout, stderr } = await bakehouse('one', ['--family', family, '--keep', 'always', '--json'], { INSTANT_CASES: '3' })
    const outcome = JSON.parse(stdout) as BakeOutcome
    expect(outcome.status, stderr).toBe('promoted')
    expect(await temporary()).not.toEqual([])
    rmSync(file('one'), { recursive: true })
    const leave = await bakehouse('three', ['reap', '--family', family, '--cloud', 'aws', '--json'])
    expect(reapedIn(leave), 'it has not expired').toEqual([])
    const reaped = await bakehouse('three', ['reap', '--kept', '--family', family, '--cloud', 'aws', '--json'])
    expect(
      (JSON.parse(reaped.stdout) as { action: string }[]).filter(({ action }) => action !== 'removed'),
      reaped.stderr,
    ).toEqual([])
    expect(await temporary()).toEqual([])
    expect((await resources()).map(({ id }) => id)).toContain(outcome.imageId)
    const again = await bakehouse('two', ['reap', '--kept', '--family', family, '--cloud', 'aws', '--json'])
    expect(reapedIn(again), again.stderr).toEqual([])
  })
  it('delete an image of another one, because the state names no path of that computer in a command of deletion', async () => {
    const stacks = readdirSync(file('shared/.pulumi/stacks/bakehouse'))
      .filter((name) => name.startsWith(`${family}-`) && name.endsWith('.json'))
      .map((name) => name.slice(0, -'.json'.length))
    const undone = stacks.flatMap(undoCommands)
    expect(undone.length, 'each promoted image has such a command').toBeGreaterThanOrEqual(3)
    expect(undone.filter((command) => command.includes(cloud.folder) || command.includes(sourceFolder()))).toEqual([])
    expect((await resources()).filter(({ kind }) => kind === 'image')).not.toEqual([])
    const cwd = await cloneOf('four')
    const engine = pathToFileURL(join(cwd, 'src/life/open-engine.ts')).href
    const program = `
      const engine = await (await import(${JSON.stringify(engine)})).openProjectEngine()
      const signal = AbortSignal.timeout(300_000)
      for (const name of ${JSON.stringify(stacks)}) await (await engine.knownStack(name)).destroy({ message: 'delete', signal })`
    const destroyed = await run(process.execPath, ['--input-type=module', '-e', program], { cwd, env: environment() })
    expect(destroyed.exitCode, destroyed.stderr).toBe(0)
    expect((await resources()).filter(({ kind }) => kind === 'image')).toEqual([])
  })
})

/** The commands that the engine runs when it deletes the resources of a stack. */
function undoCommands(stack: string): string[] {
  const text = readFileSync(file(`shared/.pulumi/stacks/bakehouse/${stack}.json`), 'utf8')
  const { resources = [] } = (JSON.parse(text) as { checkpoint: { latest: { resources?: { inputs?: { delete?: string } }[] } } }).checkpoint
    .latest
  return resources.flatMap(({ inputs }) => inputs?.delete ?? [])
}
