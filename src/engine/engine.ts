import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { LocalWorkspace, StackAlreadyExistsError, StackNotFoundError } from '@pulumi/pulumi/automation/index.js'
import { isPrivate } from '../core/backend-url.ts'
import { findVariable } from '../core/environment.ts'
import { messageOf } from '../core/errors.ts'
import { homeFolder } from '../core/paths.ts'
import { followProxy } from '../core/proxy.ts'
import { attachStack, exportState, initStack, openCommand, projectSettings } from './automation.ts'
import { engineEnvironment } from './environment.ts'
import { explained } from './explain-failure.ts'
import { isLocked } from './failed-run.ts'
import { requirePassphrase } from './passphrase.ts'
import type { PluginEntry } from './plugin/resource.ts'
import { writePluginFolders } from './plugins.ts'
import { type OpenStack, openedStack } from './stack.ts'
import { parseState, type StackState } from './state.ts'

/** The Pulumi engine with a state. */
export interface Engine {
  /** The URL of the state backend. */
  readonly backend: string
  /** Whether other computers and other projects may use the backend too. */
  readonly isShared: boolean
  /** The version of the engine; undefined if it cannot be read. */
  findVersion(): Promise<string | undefined>
  /** Opens a stack. Creates it if it does not exist. */
  openStack(name: string): Promise<OpenStack>
  /** Creates a stack. Undefined if it exists already, or another process is creating it. */
  createStack(name: string): Promise<OpenStack | undefined>
  /** Opens a stack. Undefined if it does not exist. */
  findStack(name: string): Promise<OpenStack | undefined>
  /** The state of a stack; undefined if it does not exist. Takes one run of the engine. */
  findState(name: string): Promise<StackState | undefined>
  /** Opens a stack that exists, without a run of the engine. */
  knownStack(name: string): Promise<OpenStack>
  /**
   * Throws MissingError unless the secrets of this stack can be encrypted with the passphrase of the environment. `state` is what the stack
   * contains now, if it exists. No run of the engine.
   */
  requirePassphrase(name: string, state: StackState | undefined): Promise<void>
  /** All stacks of the project in the backend. Slow, because the backend reads each stack; builds do not call it. */
  listStacks(): Promise<readonly ListedStack[]>
}

/** A stack as the backend lists it. */
export interface ListedStack {
  readonly name: string
  /** The number of all resources in its state; undefined if the backend does not list it. */
  readonly resourceCount: number | undefined
  /** When the stack was created or last changed, ISO 8601; undefined if the backend does not list it. */
  readonly changedAt: string | undefined
}

/** Options of the engine. */
export interface EngineOptions {
  /** The URL of a state backend. Default: that of the environment. */
  readonly backend?: string | undefined
  /** The plugins of Bakehouse that the Pulumi programs need. */
  readonly plugins: readonly PluginEntry[]
  /** Settings of providers, as `provider:setting`. A stack may have its own. */
  readonly config: Readonly<Record<string, string>>
}

const passphraseProvider = 'passphrase'

/** Pulumi Cloud encrypts secrets itself. */
const serviceProvider = 'default'

/** Opens the engine. Throws MissingError if set-up has not run. */
export function openEngine({ backend, plugins, config }: EngineOptions): Engine {
  // The engine, its plugins and this process connect to each other on the loopback interface. That must not use a proxy.
  followProxy()
  const environment = engineEnvironment(backend)
  const url = environment.PULUMI_BACKEND_URL ?? ''
  const secretsProvider = findVariable('BAKEHOUSE_SECRETS_PROVIDER') ?? (/^https?:/.test(url) ? serviceProvider : passphraseProvider)
  const settings = projectSettings(writePluginFolders(plugins), config)
  // Start now, because it is needed soon. An error is thrown where the promise is awaited.
  const command = openCommand()
  command.catch(() => {})

  // Each stack has its own work folder, because the engine stores selection and settings in it.
  const openWorkspace = async (name: string): Promise<LocalWorkspace> => {
    const workDir = join(homeFolder(), 'work', name)
    mkdirSync(workDir, { recursive: true })
    return LocalWorkspace.create({
      workDir,
      envVars: environment,
      pulumiCommand: await command,
      secretsProvider,
      projectSettings: settings,
    })
  }
  const attach = async (name: string, workspace: LocalWorkspace) => openedStack(await attachStack(name, workspace), url)

  const engine: Engine = {
    backend: url,
    isShared: !isPrivate(url),
    findVersion: async () => (await command).version?.version,
    openStack: async (name) => (await engine.findStack(name)) ?? (await engine.createStack(name)) ?? engine.knownStack(name),
    async createStack(name) {
      const workspace = await openWorkspace(name)
      return (await explained(url, () => isCreated(name, workspace))) ? attach(name, workspace) : undefined
    },
    findStack: async (name) => (await engine.findState(name)) && engine.knownStack(name),
    async findState(name) {
      const workspace = await openWorkspace(name)
      return explained(url, () => findState(name, workspace))
    },
    knownStack: async (name) => attach(name, await openWorkspace(name)),
    async requirePassphrase(name, state) {
      if (state?.salt === undefined && secretsProvider !== passphraseProvider) return
      await requirePassphrase({ name, salt: state?.salt }, { ...process.env, ...environment })
    },
    async listStacks() {
      const workspace = await openWorkspace('.list')
      return explained(url, () => listStacks(workspace))
    },
  }
  return engine
}

async function isCreated(name: string, workspace: LocalWorkspace): Promise<boolean> {
  try {
    await initStack(name, workspace)
    return true
  } catch (error) {
    if (error instanceof StackAlreadyExistsError || isLocked(error)) return false
    throw error
  }
}

async function findState(name: string, workspace: LocalWorkspace): Promise<StackState | undefined> {
  try {
    return parseState((await exportState(name, workspace)).deployment)
  } catch (error) {
    if (error instanceof StackNotFoundError) return undefined
    throw error
  }
}

async function listStacks(workspace: LocalWorkspace): Promise<readonly ListedStack[]> {
  const stacks = await workspace.listStacks().catch(async (error: unknown) => {
    // A file that a build is writing at this moment cannot be read. Try once more.
    if (!/EOF|no such file|unexpected end of JSON/i.test(messageOf(error))) throw error
    await sleep(500)
    return workspace.listStacks()
  })
  return stacks.map(({ name, resourceCount, lastUpdate }) => ({
    name: name.split('/').pop() ?? name,
    resourceCount,
    changedAt: lastUpdate,
  }))
}
