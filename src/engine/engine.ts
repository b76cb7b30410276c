import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { LocalWorkspace, StackAlreadyExistsError, StackNotFoundError } from '@pulumi/pulumi/automation/index.js'
import { findVariable } from '../core/environment.ts'
import { messageOf } from '../core/errors.ts'
import { homeFolder } from '../core/paths.ts'
import { followProxy } from '../core/proxy.ts'
import { attachStack, initStack, openCommand, projectSettings } from './automation.ts'
import { engineEnvironment } from './environment.ts'
import type { PluginEntry } from './plugin/resource.ts'
import { writePluginFolders } from './plugins.ts'
import { type OpenStack, openedStack } from './stack.ts'
import { parseState, type StackState } from './state.ts'

/** The engine with the state that it works on. Opened once a process. */
export interface Engine {
  /** The URL of the state backend. */
  readonly backend: string
  /** The version of the engine; undefined where it does not tell. */
  findVersion(): Promise<string | undefined>
  /** Opens a stack. Creates it if it does not exist. */
  openStack(name: string): Promise<OpenStack>
  /** Creates a stack. Undefined if it exists already, or another process is creating it. */
  createStack(name: string): Promise<OpenStack | undefined>
  /** Opens a stack. Undefined if it does not exist. */
  findStack(name: string): Promise<OpenStack | undefined>
  /** What a stack contains. Undefined if it does not exist. One run of the engine. */
  findState(name: string): Promise<StackState | undefined>
  /** Opens a stack that exists. No run of the engine. */
  knownStack(name: string): Promise<OpenStack>
  /** All stacks of the project in the backend. The backend reads each of them, so no bake waits for that. */
  listStacks(): Promise<readonly ListedStack[]>
}

/** A stack as the backend lists it. */
export interface ListedStack {
  readonly name: string
  /** The number of resources of every kind in its state; undefined where the backend does not tell. */
  readonly resourceCount: number | undefined
}

export interface EngineOptions {
  /** The URL of a state backend, in place of the one of the environment. */
  readonly backend?: string | undefined
  /** The provider plugins of this program that the programs of its stacks need. */
  readonly plugins: readonly PluginEntry[]
}

/** Opens the engine. Throws MissingError when set-up has not run. */
export function openEngine({ backend, plugins }: EngineOptions): Engine {
  // The engine, its plugins and this process call each other on the loopback.
  followProxy()
  const environment = { ...engineEnvironment(), ...(backend ? { PULUMI_BACKEND_URL: backend } : {}) }
  const settings = projectSettings(writePluginFolders(plugins))
  // Started at once: it is needed soon, and an error is told to whoever waits for it.
  const command = openCommand()
  command.catch(() => {})

  // Each stack has a work folder of its own: the engine keeps selection and settings in it.
  const openWorkspace = async (name: string): Promise<LocalWorkspace> => {
    const workDir = join(homeFolder(), 'work', name)
    mkdirSync(workDir, { recursive: true })
    return LocalWorkspace.create({
      workDir,
      envVars: environment,
      pulumiCommand: await command,
      secretsProvider: findVariable('BAKEHOUSE_SECRETS_PROVIDER') ?? 'passphrase',
      projectSettings: settings,
    })
  }
  const attach = async (name: string, workspace: LocalWorkspace) => openedStack(await attachStack(name, workspace))

  const engine: Engine = {
    backend: environment.PULUMI_BACKEND_URL ?? '',
    findVersion: async () => (await command).version?.version,
    openStack: async (name) => (await engine.findStack(name)) ?? (await engine.createStack(name)) ?? engine.knownStack(name),
    async createStack(name) {
      const workspace = await openWorkspace(name)
      return (await isCreated(name, workspace)) ? attach(name, workspace) : undefined
    },
    findStack: async (name) => (await engine.findState(name)) && engine.knownStack(name),
    findState: async (name) => findState(name, await openWorkspace(name)),
    knownStack: async (name) => attach(name, await openWorkspace(name)),
    listStacks: async () => listStacks(await openWorkspace('.list')),
  }
  return engine
}

async function isCreated(name: string, workspace: LocalWorkspace): Promise<boolean> {
  try {
    await initStack(name, workspace)
    return true
  } catch (error) {
    if (error instanceof StackAlreadyExistsError || /currently locked/.test(messageOf(error))) return false
    throw error
  }
}

async function findState(name: string, workspace: LocalWorkspace): Promise<StackState | undefined> {
  try {
    return parseState((await workspace.exportStack(name)).deployment)
  } catch (error) {
    if (error instanceof StackNotFoundError) return undefined
    throw error
  }
}

async function listStacks(workspace: LocalWorkspace): Promise<readonly ListedStack[]> {
  const stacks = await workspace.listStacks().catch(async (error: unknown) => {
    // A file that a bake is writing at this moment cannot be read. Try once more.
    if (!/EOF|no such file|unexpected end of JSON/i.test(messageOf(error))) throw error
    await sleep(500)
    return workspace.listStacks()
  })
  return stacks.map(({ name, resourceCount }) => ({ name: name.split('/').pop() ?? name, resourceCount }))
}
