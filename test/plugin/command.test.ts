import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { local } from '@pulumi/command'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toolsFile } from '../../src/core/tools.ts'
import type { OpenStack } from '../../src/engine/stack.ts'
import { openProjectEngine } from '../../src/life/open-engine.ts'

/**
 * What we rely on of `command:local:Command`, tried with whichever plugin set-up put in place: the official one
 * passes these as well as the stand-in.
 */
describe('command:local:Command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'command-'))
  const marks = join(folder, 'marks')
  const signal = new AbortController().signal
  let stack: OpenStack

  beforeAll(async () => {
    const tools = toolsFile()
    process.env.BAKEHOUSE_HOME = join(folder, 'home')
    mkdirSync(process.env.BAKEHOUSE_HOME)
    copyFileSync(tools, toolsFile())
    stack = await (await openProjectEngine()).openStack('conformance')
  }, 60_000)

  afterAll(async () => {
    await stack.destroy({ message: 'end', signal })
    await stack.remove()
    delete process.env.BAKEHOUSE_HOME
    rmSync(folder, { recursive: true })
  }, 60_000)

  /** One update with one command of these arguments; its outputs. Each run of it leaves a line in `marks`. */
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

  it('lives as the engine says', { timeout: 120_000 }, async () => {
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

  it('runs nothing in a preview, neither for a new one nor for a changed one', { timeout: 60_000 }, async () => {
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

  it('fails with its exit status and standard error, and is not in the state then', { timeout: 60_000 }, async () => {
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
})
