import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  type EngineEvent,
  LocalWorkspace,
  type LocalWorkspaceOptions,
  type ProjectSettings,
  PulumiCommand,
  type PulumiFn,
  type Stack,
} from '@pulumi/pulumi/automation/index.js'
import { homeFolder } from '../core/paths.ts'
import { engineEnvironment } from '../setup/engine-environment.ts'
import { wrapperRoot } from '../setup/wrapper.ts'
import { pluginFolders } from './plugins.ts'

/** One stack, opened for this process alone. */
export interface OpenStack {
  readonly name: string
  /** Runs the program; resolves when the engine says that all of it succeeded. */
  up(program: PulumiFn, options: UpdateOptions): Promise<void>
  preview(program: PulumiFn, options: UpdateOptions): Promise<void>
  destroy(options: UpdateOptions): Promise<void>
  /** What the state holds: outputs, resources and operations that were cut off. */
  read(): Promise<StackState>
  /** Removes the stack itself, which must be empty; its history goes with it. */
  remove(): Promise<void>
}

export interface UpdateOptions {
  readonly message: string
  readonly signal: AbortSignal
  /** Engine events, debug ones left out: those carry secrets. */
  readonly onEvent?: (event: EngineEvent) => void
}

export interface StackResource {
  readonly urn: string
  readonly type: string
  readonly name: string
  readonly id: string
  readonly outputs: Readonly<Record<string, unknown>>
}

export interface StackState {
  readonly outputs: Readonly<Record<string, unknown>>
  /** Custom resources: what exists outside of the state. */
  readonly resources: readonly StackResource[]
  /** Resources whose creation was cut off: the state does not know whether they exist. */
  readonly pending: readonly StackResource[]
}

/** The project all stacks belong to. */
const projectName = 'bakehouse'
let command: Promise<PulumiCommand> | undefined

/** The command line of the engine, behind its wrapper. Asked for its version once a process. */
export function engine(): Promise<PulumiCommand> {
  command ??= PulumiCommand.get({ root: wrapperRoot(), skipVersionCheck: true })
  return command
}

/** Opens the stack, made first where it is not there. `backend` is a state backend's URL. */
export async function openStack(name: string, backend?: string): Promise<OpenStack> {
  return wrap(await LocalWorkspace.createOrSelectStack(inline(name), await workspace(name, backend)))
}

/** Makes a stack that is not there yet. */
export async function createStack(name: string, backend?: string): Promise<OpenStack> {
  return wrap(await LocalWorkspace.createStack(inline(name), await workspace(name, backend)))
}

/** Opens the stack; undefined when there is none of that name. */
export async function findStack(name: string, backend?: string): Promise<OpenStack | undefined> {
  try {
    return wrap(await LocalWorkspace.selectStack(inline(name), await workspace(name, backend)))
  } catch (error) {
    if (/no stack named/i.test(String(error))) return undefined
    throw error
  }
}

/** Names of all stacks of the backend that belong to the project. */
export async function listStacks(backend?: string): Promise<readonly string[]> {
  const place = await LocalWorkspace.create(await workspace('.list', backend))
  return (await place.listStacks()).map((stack) => stack.name.split('/').pop() ?? stack.name)
}

function inline(stackName: string): { stackName: string; projectName: string; program: PulumiFn } {
  return { stackName, projectName, program: async () => {} }
}

// Each stack has a work folder of its own: the selection and the settings in it are shared state otherwise.
async function workspace(name: string, backend: string | undefined): Promise<LocalWorkspaceOptions> {
  const workDir = join(homeFolder(), 'work', name)
  mkdirSync(workDir, { recursive: true })
  const env = engineEnvironment()
  if (backend) env.PULUMI_BACKEND_URL = backend
  return {
    workDir,
    envVars: env,
    pulumiCommand: await engine(),
    secretsProvider: process.env.BAKEHOUSE_SECRETS_PROVIDER ?? 'passphrase',
    projectSettings: projectSettings(),
  }
}

/** The SDK's type of the settings lacks the plugins, which the engine reads from them all the same. */
function projectSettings(): ProjectSettings {
  const settings = { name: projectName, runtime: 'nodejs' as const, plugins: { providers: pluginFolders() } }
  return settings
}

function wrap(stack: Stack): OpenStack {
  // After an update the SDK asks the engine for outputs and history, three more runs of it, and fails if these do.
  // The state is read when it is needed, and is what decides.
  Object.assign(stack, { outputs: async () => ({}), info: async () => undefined })
  const options = ({ message, signal, onEvent }: UpdateOptions) => {
    // A signal that is already aborted would be ignored and everything created.
    signal.throwIfAborted()
    return { message, signal, color: 'never' as const, suppressProgress: true, ...(onEvent ? { onEvent: withoutDebug(onEvent) } : {}) }
  }
  return {
    name: stack.name,
    async up(program, update) {
      await stack.up({ ...options(update), program })
    },
    async preview(program, update) {
      await stack.preview({ ...options(update), program })
    },
    async destroy(update) {
      await stack.destroy(options(update))
    },
    async read() {
      return parseState((await stack.exportStack()).deployment)
    },
    async remove() {
      await stack.workspace.removeStack(stack.name)
      rmSync(stack.workspace.workDir, { recursive: true, force: true })
    },
  }
}

function withoutDebug(onEvent: (event: EngineEvent) => void) {
  return (event: EngineEvent): void => {
    const severity: string | undefined = event.diagnosticEvent?.severity
    if (severity !== 'debug') onEvent(event)
  }
}

interface RawResource {
  readonly urn: string
  readonly type: string
  readonly custom?: boolean
  readonly id?: string
  readonly outputs?: Record<string, unknown>
}

/** Reads an exported deployment. */
export function parseState(deployment: { resources?: RawResource[]; pending_operations?: { resource: RawResource }[] }): StackState {
  const resources = deployment.resources ?? []
  return {
    outputs: resources.find((resource) => resource.type === 'pulumi:pulumi:Stack')?.outputs ?? {},
    resources: resources.filter((resource) => resource.custom && !resource.type.startsWith('pulumi:')).map(toStackResource),
    pending: (deployment.pending_operations ?? []).map((operation) => toStackResource(operation.resource)),
  }
}

function toStackResource(resource: RawResource): StackResource {
  const name = resource.urn.split('::').pop() ?? resource.urn
  return { urn: resource.urn, type: resource.type, name, id: resource.id ?? '', outputs: resource.outputs ?? {} }
}
