import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { local } from '@pulumi/command'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { findProcess, isRunning, type ProcessIdentity } from '../../src/core/process-identity.ts'
import { readTools, toolsFile } from '../../src/core/tools.ts'
import { findLeakedPlugins } from '../../src/engine/leaked-plugins.ts'
import type { OpenStack } from '../../src/engine/stack.ts'
import { openProjectEngine } from '../../src/life/open-engine.ts'
import { reapProcesses } from '../../src/life/reap-processes.ts'
import { findDescendants, identityIn } from '../helpers/processes.ts'

/**
 * The behaviour of the `command` plugin that the steps depend on. If `BAKEHOUSE_TEST_COMMAND_PLUGIN` names a folder with the official
 * plugin (v1.2.1), the tests run with both plugins.
 */
const official = process.env.BAKEHOUSE_TEST_COMMAND_PLUGIN
const plugins = official ? [{ name: 'bundled' }, { name: 'official', folder: official }] : [{ name: 'bundled' }]

describe.each<{ name: string; folder?: string }>(plugins)('command:local:Command of the $name plugin', ({ folder: pluginFolder }) => {
  const folder = mkdtempSync(join(tmpdir(), 'command-'))
  const marks = join(folder, 'marks')
  const signal = new AbortController().signal
  let stack: OpenStack

  beforeAll(async () => {
    const tools = { ...readTools(), commandPlugin: pluginFolder ? 'official' : 'stand-in' }
    process.env.BAKEHOUSE_HOME = join(folder, 'home')
    if (pluginFolder) process.env.BAKEHOUSE_PLUGINS = `command=${pluginFolder}`
    mkdirSync(process.env.BAKEHOUSE_HOME)
    writeFileSync(toolsFile(), JSON.stringify(tools))
    stack = await (await openProjectEngine()).openStack('conformance')
  })

  afterAll(async () => {
    await stack.destroy({ message: 'end', signal })
    await stack.remove()
    delete process.env.BAKEHOUSE_HOME
    delete process.env.BAKEHOUSE_PLUGINS
    rmSync(folder, { recursive: true })
  })

  /** Runs an update with one command; returns its outputs. Each run of the command appends a line to `marks`. */
  async function up(args: local.CommandArgs | undefined): Promise<Record<string, unknown>> {
    const program = async () => {
      if (!args) return {}
      const { stdout, stderr, id } = new local.Command('one', args)
      return { stdout, stderr, id }
    }
    await stack.up(program, { message: 'test', signal })
    return (await stack.read()).outputs
  }
  const ran = (): string[] => (existsSync(marks) ? readFileSync(marks, 'utf8').trim().split('\n') : [])
  const mark = (word: string): string => `echo ${word} >> ${marks}`

  it('creates, updates, replaces and deletes when the engine asks', { timeout: 240_000 }, async () => {
    const created = await up({
      create: `${mark('create')}; printf 'out %s' "$WORD"; cat; echo err >&2`,
      environment: { WORD: 'a' },
      stdin: ' in\n\n',
      triggers: [1],
    })
    expect([created.stdout, created.stderr], 'one line break at the end is not part of the output').toEqual(['out a in\n', 'err'])
    expect(ran()).toEqual(['create'])

    const update = `${mark('update')}; printf '%s again' "$PULUMI_COMMAND_STDOUT"`
    const args = { create: mark('create'), update, delete: mark('delete'), environment: { WORD: 'b' }, triggers: [1] }
    const updated = await up(args)
    expect(updated.id, 'a changed input is an update in place').toBe(created.id)
    expect(updated.stdout, 'the update sees the output of before').toBe('out a in\n again')
    expect(ran()).toEqual(['create', 'update'])

    await up(args)
    expect(ran(), 'nothing changed, nothing ran').toHaveLength(2)

    const replaced = await up({ ...args, triggers: [2] })
    expect(replaced.id, 'a changed trigger replaces').not.toBe(created.id)
    expect(ran()).toEqual(['create', 'update', 'create', 'delete'])

    await up(undefined)
    expect(ran().at(-1)).toBe('delete')
    expect((await stack.read()).resources).toEqual([])
  })

  it('runs no command in a preview, for a new and for a changed resource', { timeout: 240_000 }, async () => {
    const before = ran()
    const program = (word: string) => async () => {
      const { stdout } = new local.Command('previewed', { create: mark(word) })
      return { stdout }
    }
    await stack.preview(program('new'), { message: 'test', signal })
    expect(ran()).toEqual(before)
    await stack.up(program('made'), { message: 'test', signal })
    await stack.preview(program('changed'), { message: 'test', signal })
    expect(ran()).toEqual([...before, 'made'])
    await stack.up(async () => {}, { message: 'test', signal })
  })

  it('fails with exit status and standard error, and is then not in the state', { timeout: 240_000 }, async () => {
    const failures: string[] = []
    const program = async () => {
      new local.Command('failing', { create: 'echo said; echo why >&2; exit 10' })
    }
    const failed = stack.up(program, {
      message: 'test',
      signal,
      onEvent: (event) => event.type === 'error' && failures.push(event.message),
    })
    await expect(failed).rejects.toThrow()
    expect(failures.join('\n')).toMatch(/exit status 10[\s\S]*why/)
    expect((await stack.read()).resources).toEqual([])
  })

  it('accepts 1 MiB without a line break if nothing is logged', { timeout: 240_000 }, async () => {
    const { stdout } = await up({ create: "head -c 1048576 /dev/zero | tr '\\0' x", logging: 'none' })
    expect(String(stdout)).toHaveLength(1_048_576)
    await up(undefined)
  })

  let started = 0
  /** Starts an update whose command writes the PID of its child to a file, and waits for that. */
  async function start(create: string, options: { logging?: local.Logging; signal?: AbortSignal } = {}) {
    const pidFile = join(folder, 'pid')
    rmSync(pidFile, { force: true })
    const args = { create: create.replace('PID', pidFile), ...(options.logging ? { logging: options.logging } : {}) }
    let ended = false
    // A killed engine leaves a lock, so each test has its own stack.
    const own = await (await openProjectEngine()).openStack(`long-${++started}`)
    const update = own
      .up(async () => void new local.Command('long', args), { message: 'test', signal: options.signal ?? signal })
      .then(
        () => 'done',
        () => 'failed',
      )
      .finally(() => {
        ended = true
      })
    const child: ProcessIdentity = await expect
      .poll(() => identityIn(pidFile))
      .toBeDefined()
      .then(() => identityIn(pidFile)!)
    return { update, child, hasEnded: () => ended }
  }
  const plugin = /pulumi-resource-command|command\/main\.ts/
  const killNamed = (pattern: RegExp): void => {
    const found = findDescendants(process.pid).filter(({ command }) => pattern.test(command))
    expect(found, String(pattern)).not.toEqual([])
    for (const { pid } of found) process.kill(pid, 'SIGKILL')
  }

  it('on a cancel kills only the shell, and ends with the last process that has its output open', { timeout: 240_000 }, async () => {
    const cancel = new AbortController()
    const { update, child, hasEnded } = await start(`sleep 300 & echo $! > PID; wait; ${mark('late')}`, { signal: cancel.signal })
    const shell = findDescendants(process.pid).find(({ pid }) => pid === child.pid)!.parent
    cancel.abort()
    await expect.poll(() => existsSync(`/proc/${shell}`)).toBe(false)
    expect([isRunning(child), hasEnded()], 'its child runs on, and the update waits for it').toEqual([true, false])
    process.kill(child.pid)
    expect(await update).toBe('failed')
    expect(ran()).not.toContain('late')
  })

  it('stops reading after a logged line of 64 KiB, so that the command never ends', { timeout: 240_000 }, async () => {
    const write = "head -c 1048576 /dev/zero | tr '\\0' x"
    const { update, child, hasEnded } = await start(
      `sleep 300 > /dev/null 2>&1 & echo $! > PID; ${mark('writing')}; ${write}; ${mark('written')}`,
    )
    await expect.poll(() => ran().at(-1)).toBe('writing')
    await new Promise((resolve) => setTimeout(resolve, 3000))
    expect([ran().at(-1), hasEnded()]).toEqual(['writing', false])
    process.kill(child.pid)
    killNamed(plugin)
    expect(await update).toBe('failed')
  })

  it('leaves its command running if it is killed', { timeout: 240_000 }, async () => {
    const { update, child } = await start('sleep 300 & echo $! > PID; wait')
    killNamed(plugin)
    expect(await update).toBe('failed')
    expect(isRunning(child)).toBe(true)
    process.kill(child.pid)
  })

  it('lives on with its command if the engine is killed, and reap ends it', { timeout: 240_000 }, async () => {
    const owner = spawn('sleep', ['600'])
    vi.stubEnv('BAKEHOUSE_OWNER', `${owner.pid} ${findProcess(owner.pid!)!.started}`)
    const { update, child } = await start('sleep 300 & echo $! > PID; wait')
    vi.unstubAllEnvs()
    const isMine = ({ value }: { value: string }): boolean => value.startsWith(`${owner.pid} `)
    expect(findLeakedPlugins().filter(isMine), 'while the engine runs').toEqual([])
    killNamed(/bin\/pulumi up/)
    expect(await update).toBe('failed')
    expect(isRunning(child)).toBe(true)
    process.kill(child.pid)
    await new Promise((resolve) => setTimeout(resolve, 2000))
    const [leaked, ...others] = findLeakedPlugins().filter(isMine)
    expect([leaked?.command.join(' '), others]).toEqual([expect.stringMatching(plugin), []])
    const reaped = await reapProcesses({ dryRun: false, kept: false })
    expect(reaped.find(({ id }) => id === String(leaked!.pid))).toMatchObject({ kind: 'process', action: 'removed' })
    await expect.poll(() => isRunning(leaked!)).toBe(false)
    owner.kill()
  })
})
