import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { changedProperties } from '../plugin/properties.ts'
import type { CheckFailure, CreateContext, DiffAnswer, Properties, ResourceHandler } from '../plugin/resource.ts'
import { collectOutput } from './output.ts'

/** Inputs of `command:local:Command` that are not implemented here. They are errors. */
const unsupported = ['archivePaths', 'assetPaths'] as const
const strings = ['create', 'update', 'delete', 'dir', 'stdin'] as const
/** Inputs whose change runs no command, as in the official plugin. */
const silent = new Set(['delete', 'logging'])

/**
 * `command:local:Command` with the behaviour of the official plugin (v1.2.1): creation runs `create`; a changed input runs `update`, or
 * `create` if there is no `update`; a changed trigger replaces the resource; deletion runs `delete`, if given. As in the official plugin,
 * a cancel kills only the shell, and the call ends when the last process that has the output of the command open has ended.
 */
export const localCommand: ResourceHandler = {
  async check(news) {
    return { inputs: news, failures: [...invalid(news)] }
  },

  async diff(_id, olds, news): Promise<DiffAnswer> {
    const changed = changedProperties(inputsOnly(olds), inputsOnly(news))
    return { changed: changed.length > 0, replaces: changed.filter((name) => name === 'triggers') }
  },

  async create(inputs, context) {
    const outputs = await runInput('create', inputs, context)
    return { id: `local-command-${randomBytes(4).toString('hex')}`, outputs: { ...inputs, ...outputs } }
  },

  async update(_id, olds, news, context) {
    const changed = changedProperties(inputsOnly(olds), inputsOnly(news)).filter((name) => !silent.has(name))
    if (changed.length === 0) return { ...olds, ...news }
    const previous = previousOutputs(olds, news)
    const outputs = await runInput(news.update === undefined ? 'create' : 'update', news, context, previous)
    return { ...news, ...outputs }
  },

  async delete(_id, state, context) {
    await runInput('delete', state, context, previousOutputs(state, state))
  },
}

function* invalid(news: Properties): Generator<CheckFailure> {
  for (const name of unsupported) if (news[name] !== undefined) yield { property: name, reason: 'needs the official plugin' }
  for (const name of strings) {
    if (news[name] !== undefined && typeof news[name] !== 'string') yield { property: name, reason: 'expected a string' }
  }
  const { interpreter } = news
  if (interpreter !== undefined && !(Array.isArray(interpreter) && interpreter.every((part) => typeof part === 'string'))) {
    yield { property: 'interpreter', reason: 'expected a list of strings' }
  }
}

function inputsOnly(properties: Properties): Properties {
  const { stdout: _stdout, stderr: _stderr, archive: _archive, assets: _assets, ...inputs } = properties
  return inputs
}

function previousOutputs(state: Properties, inputs: Properties): Record<string, string> {
  if (inputs.addPreviousOutputInEnv === false) return {}
  return { PULUMI_COMMAND_STDOUT: String(state.stdout ?? ''), PULUMI_COMMAND_STDERR: String(state.stderr ?? '') }
}

async function runInput(
  which: 'create' | 'update' | 'delete',
  inputs: Properties,
  context: CreateContext,
  previous: Record<string, string> = {},
): Promise<{ stdout: string; stderr: string }> {
  const command = inputs[which]
  if (typeof command !== 'string' || command === '') return { stdout: '', stderr: '' }
  const [shell = '/bin/sh', ...shellArguments] = (inputs.interpreter as string[] | undefined) ?? ['/bin/sh', '-c']
  const child = spawn(shell, [...shellArguments, command], {
    cwd: (inputs.dir as string | undefined) ?? process.cwd(),
    env: { ...process.env, ...previous, ...(inputs.environment as Record<string, string> | undefined) },
    stdio: [typeof inputs.stdin === 'string' ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  })
  child.stdin?.end(inputs.stdin)
  const stop = (): void => void child.kill('SIGKILL')
  context.signal.addEventListener('abort', stop, { once: true })
  const { stdout, stderr } = collectOutput(child, inputs.logging)
  const exit = await new Promise<number | string>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'))
  }).finally(() => context.signal.removeEventListener('abort', stop))
  if (exit !== 0) throw new Error(`exit status ${exit}: running "${command}":\n${stderr()}`)
  return { stdout: stdout().replace(/\r?\n$/, ''), stderr: stderr().replace(/\r?\n$/, '') }
}
