import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { DeleteParameterCommand } from '@aws-sdk/client-ssm'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type InstantCloud, openInstantCloud } from '../../bench/instant-cloud.ts'
import { aws } from '../../src/cloud/aws/aws.ts'
import { parameterName } from '../../src/cloud/aws/base-image.ts'
import { clients } from '../../src/cloud/aws/clients.ts'
import { findMarked, signalProcess } from '../../src/core/marked-processes.ts'
import { sourceFolder } from '../../src/core/paths.ts'
import type { BakeOutcome } from '../../src/model/outcome.ts'
import type { Phase } from '../../src/model/phases.ts'
import type { Faults } from '../aws/faults.ts'
import { expectPolicy } from '../aws/policy-calls.ts'
import { officialPlugin, useOfficialPlugin } from '../helpers/command-plugin.ts'

/** In each phase, something that gets no answer: a call of the cloud, or a command in a machine. The text is matched with a glob. */
const held: readonly (readonly [phase: Phase, signal: NodeJS.Signals, holds: Faults | string])[] = [
  ['resolve', 'SIGINT', { hold: 'DescribeImages' }],
  ['base', 'SIGTERM', { hold: 'RunInstances' }],
  ['base', 'SIGHUP', 'known_hosts-base*exit 0'],
  ['configure', 'SIGINT', 'ansible-playbook'],
  ['seal', 'SIGTERM', 'SEALED='],
  ['candidate', 'SIGHUP', { hold: 'CreateImage' }],
  ['trial', 'SIGINT', 'known_hosts-trial*exit 0'],
  ['verify', 'SIGTERM', 'bakehouse-goss'],
  ['copy', 'SIGINT', { hold: 'ModifyImageAttribute' }],
  ['clean', 'SIGTERM', { hold: 'TerminateInstances' }],
  ['promote', 'SIGHUP', { hold: 'PutParameter' }],
  ['promote', 'SIGINT', { hold: 'GetParameter' }],
]
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** With `BAKEHOUSE_TEST_SIGNALS=all`, each signal in each phase. */
const cases =
  process.env.BAKEHOUSE_TEST_SIGNALS === 'all'
    ? held.flatMap(([phase, , holds]) => signals.map((name) => [phase, name, holds] as const))
    : held

describe(`with the ${officialPlugin ? 'official' : 'bundled'} command plugin, a build`, () => {
  let cloud: InstantCloud
  let env: Record<string, string>
  let running: ChildProcess | undefined
  const file = (name: string): string => join(cloud.folder, name)

  beforeAll(async () => {
    cloud = await openInstantCloud(1)
    writeScripts()
    const PATH = `${file('bin')}${delimiter}${cloud.env.PATH}`
    env = { ...cloud.env, PATH, BAKEHOUSE_VENV: file('venv'), HOLD: file('hold') }
    if (officialPlugin) Object.assign(env, useOfficialPlugin(cloud.env.BAKEHOUSE_HOME ?? '', officialPlugin, cloud.env.BAKEHOUSE_PLUGINS))
    Object.assign(process.env, Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith('AWS_'))))
  })
  afterEach(async () => {
    running?.kill('SIGKILL')
    cloud.gateway.faults = {}
    for (const name of ['hold', 'hold.fail']) rmSync(file(name), { force: true })
    for (const { pid } of leftProcesses()) signalProcess(pid, 'SIGKILL')
    // A cancelled first promotion can leave its parameter. The next build would read it before its promotion does.
    await clients
      .ssm()
      .send(new DeleteParameterCommand({ Name: parameterName(cloud.families[0] ?? '') }))
      .catch(() => undefined)
  })
  afterAll(() => cloud[Symbol.asyncDispose]())

  /** Replaces `ssh` and Ansible: a command that matches the file `hold` writes `hold.reached`, and waits with a child until `hold.fail` exists. */
  function writeScripts(): void {
    const instant = join(sourceFolder(), '../bench/instant')
    const wait = `if [ -e "$HOLD" ] && [[ "$all" == *$(<"$HOLD")* ]]; then sleep 1000 & echo reached >"$HOLD.reached"; until [ -e "$HOLD.fail" ]; do sleep 0.1; done; kill $!; exit 1; fi`
    const read = `case "$*" in *'-O exit'* | *'exit 0' | *'cat >'*) script= ;; *) script=$(cat) ;; esac`
    const script = (path: string, lines: readonly string[]): void => {
      mkdirSync(join(file(path), '..'), { recursive: true })
      writeFileSync(file(path), ['#!/bin/bash', ...lines, ''].join('\n'))
      chmodSync(file(path), 0o755)
    }
    script('bin/ssh', [read, 'all="$* $script"', wait, `printf %s "$script" | "${instant}/ssh" "$@"`])
    script('venv/bin/ansible-playbook', ['all=$0', wait, `exec "${instant}/venv/bin/ansible-playbook" "$@"`])
  }

  /** Every process below the build has this variable. */
  const leftProcesses = () => findMarked('BAKEHOUSE_HOME').filter(({ value }) => value === cloud.env.BAKEHOUSE_HOME)
  /** The commands of its steps, and of everything that they started. */
  const stepCommands = (): string[] => {
    const ofBuild = findMarked('BAKEHOUSE_STEP').filter(({ value }) => value.startsWith(`${cloud.env.BAKEHOUSE_HOME}/`))
    return ofBuild.map(({ command }) => command.join(' ').trim())
  }

  async function bakeUntilHeld(holds: Faults | string): Promise<{ bake: ChildProcess; output: { stdout: string; stderr: string } }> {
    rmSync(file('hold.reached'), { force: true })
    const before = cloud.gateway.held()
    if (typeof holds === 'string') writeFileSync(file('hold'), holds)
    else cloud.gateway.faults = holds
    const args = [join(sourceFolder(), 'bake.ts'), '--family', cloud.families[0] ?? '', '--json']
    running = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    const bake = running
    const output = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) bake[name]?.on('data', (chunk: Buffer) => (output[name] += chunk))
    await expect.poll(() => cloud.gateway.held() > before || existsSync(file('hold.reached')) || bake.exitCode !== null).toBe(true)
    expect(bake.exitCode, `the build ended before: ${output.stderr}`).toBeNull()
    return { bake, output }
  }

  it.each(cases)('ends in %s after %s with exit code 8, and leaves nothing', async (phase, signal, holds) => {
    const { bake, output } = await bakeUntilHeld(holds)
    const start = performance.now()
    const ended = once(bake, 'close')
    bake.kill(signal)
    await new Promise((resolve) => setTimeout(resolve, 200))
    cloud.gateway.faults = {}
    rmSync(file('hold'), { force: true })
    const [exitCode] = (await ended) as [number]
    const seconds = (performance.now() - start) / 1000
    if (process.env.BAKEHOUSE_TEST_SIGNALS) process.stdout.write(`${phase} ${signal} ${seconds.toFixed(1)} s\n`)
    const outcome = JSON.parse(output.stdout) as BakeOutcome
    expect([exitCode, outcome.status, outcome.error?.phase], output.stderr).toEqual([8, 'cancelled', phase])
    // The limit of the product is 20 s. A busy computer is slower. What is held takes 1000 s.
    expect(seconds, 'seconds').toBeLessThan(300)
    await expect.poll(() => leftProcesses().map(({ command }) => command.join(' '))).toEqual([])
    expect(await (await aws()).list({ tool: 'bakehouse' })).toEqual([])
    if (outcome.recordPath)
      expect(JSON.parse(readFileSync(outcome.recordPath, 'utf8')), output.stderr).toMatchObject({ status: 'cancelled', left: [] })
  })

  it('whose spot instance EC2 interrupts says so, and ends with exit code 3', async () => {
    const { bake, output } = await bakeUntilHeld('ansible-playbook')
    const ended = once(bake, 'close')
    cloud.gateway.faults = { interruptSpot: true }
    rmSync(file('hold'))
    writeFileSync(file('hold.fail'), '')
    const [exitCode] = (await ended) as [number]
    const { error } = JSON.parse(output.stdout) as BakeOutcome
    expect([exitCode, error?.message, error?.hint], output.stderr).toEqual([
      3,
      expect.stringMatching(/spot instance i-\w+ \(base, t3\.small\) and has interrupted it/),
      expect.stringContaining('aws.spot'),
    ])
  })

  const killed: readonly (readonly [name: string, pattern: RegExp])[] = [
    ['the build', /src\/bake\.ts/],
    ['the engine', /pulumi (.* )?up/],
    ['the command plugin', /pulumi-resource-command|command\/main\.ts/],
  ]
  it.each(killed)('ends its steps, with all their children, after a SIGKILL of %s', async (name, pattern) => {
    const { bake } = await bakeUntilHeld('ansible-playbook')
    const ended = once(bake, 'close')
    await expect.poll(stepCommands).toContain('sleep 1000')
    const found = leftProcesses().filter(({ command }) => pattern.test(command.join(' ')))
    expect(found).not.toEqual([])
    const start = performance.now()
    for (const { pid } of found) signalProcess(pid, 'SIGKILL')
    await expect.poll(stepCommands).toEqual([])
    // The limit of the product is 5 s. A busy computer is slower. What is held takes 1000 s.
    if (process.env.BAKEHOUSE_TEST_SIGNALS)
      process.stdout.write(`SIGKILL of ${name}: steps ended after ${((performance.now() - start) / 1000).toFixed(1)} s\n`)
    rmSync(file('hold'), { force: true })
    await ended
  })

  const victims = {
    build: /src\/(bake|bake\/worker)\.ts/,
    engine: /pulumi (.* )?up/,
    provider: /aws\/(bridge|plugin)\/main\.ts|terraform-provider-aws/,
  }
  /** The waits of a build: for a machine, for images, for the end of a machine, for a parameter. */
  const waits: readonly (readonly [phase: Phase, wait: Faults])[] = [
    ['base', { hold: 'DescribeInstances', holdAfter: 'RunInstances' }],
    ['candidate', { hold: 'DescribeImages', holdAfter: 'CreateImage' }],
    ['copy', { hold: 'DescribeImages', holdAfter: 'CopyImage' }],
    ['clean', { hold: 'DescribeInstances', holdAfter: 'TerminateInstances' }],
    ['promote', { hold: 'GetParameter', holdAfter: 'PutParameter' }],
  ]
  const all = waits.flatMap(([phase, wait]) => Object.keys(victims).map((victim) => [victim as keyof typeof victims, phase, wait] as const))
  const some = all.filter(([victim, phase]) =>
    ['engine base', 'provider candidate', 'engine copy', 'build copy'].includes(`${victim} ${phase}`),
  )
  it.each(process.env.BAKEHOUSE_TEST_SIGNALS === 'all' ? all : some)(
    'after a SIGKILL of the %s at the wait in %s, the build or reap leaves nothing',
    async (victim, phase, wait) => {
      const { bake, output } = await bakeUntilHeld({ ...wait })
      const ended = once(bake, 'close')
      for (const { pid } of leftProcesses().filter(({ command }) => victims[victim].test(command.join(' ')))) signalProcess(pid, 'SIGKILL')
      if (victim === 'build') bake.kill('SIGKILL')
      cloud.gateway.faults = {}
      const [exitCode] = (await ended) as [number | null]
      if (victim === 'build') expect(exitCode).toBeNull()
      else expect([9, 10], `${phase}: ${output.stderr}`).toContain(exitCode)
      await expect.poll(() => leftProcesses().map(({ command }) => command.join(' '))).toEqual([])
      const reaping = spawn(process.execPath, [join(sourceFolder(), 'bake.ts'), 'reap', '--cloud', 'aws'], {
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      expect(await once(reaping, 'close')).toEqual([0, null])
      expect((await (await aws()).list({ tool: 'bakehouse' })).map(({ kind, id }) => `${kind} ${id}`)).toEqual([])
    },
  )

  it('makes only calls that the policy allows', () => {
    expectPolicy(cloud.gateway, 'cancel.aws.test.ts')
  })
})
