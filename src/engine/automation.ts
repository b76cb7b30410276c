import {
  type LocalWorkspace,
  type LocalWorkspaceOptions,
  type ProjectSettings,
  PulumiCommand,
  Stack,
} from '@pulumi/pulumi/automation/index.js'
import type { PluginFolder } from './plugins.ts'
import { wrapperRoot } from './wrapper.ts'

/*
 * The only file that uses what the Automation API does not offer: members that its types hide, and our wrapper in place of the
 * command line of the engine. After an update of the SDK, check this file.
 */

/** The command line of the engine, behind our wrapper. Throws MissingError when set-up has not run. */
export function openCommand(): Promise<PulumiCommand> {
  return PulumiCommand.get({ root: wrapperRoot(), skipVersionCheck: true })
}

/** The settings of the project. The SDK's type does not contain plugins, but the engine reads them. */
export function projectSettings(plugins: readonly PluginFolder[]): NonNullable<LocalWorkspaceOptions['projectSettings']> {
  const settings = { name: projectName, runtime: 'nodejs' as const, plugins: { providers: plugins } }
  return settings satisfies ProjectSettings
}

/** The project that all stacks belong to. */
const projectName = 'bakehouse'

interface Runner {
  run(args: string[], folder: string, environment: Readonly<Record<string, string>>): Promise<unknown>
}

/** Creates a stack in the backend. Without selecting it: for each selection the engine writes one more file. */
export async function initStack(name: string, workspace: LocalWorkspace): Promise<void> {
  const args = ['stack', 'init', name, '--no-select', '--secrets-provider', workspace.secretsProvider ?? '']
  await (workspace.pulumiCommand as unknown as Runner).run(args, workspace.workDir, workspace.envVars)
}

/** A stack that exists, without a run of the engine: each later run names its stack, so none has to be selected. */
export async function attachStack(name: string, workspace: LocalWorkspace): Promise<Stack> {
  Object.assign(workspace, { selectStack: async () => {} })
  workspace.program = async () => {}
  const stack = await Stack.select(name, workspace)
  // After an update the SDK runs the engine three more times, for outputs and history, and fails if one of these runs does. What an
  // update put into the state is in its events.
  return Object.assign(stack, { outputs: async () => ({}), info: async () => undefined })
}

/** A run of the command line that failed. */
export interface FailedRun {
  readonly exitCode?: number
  readonly signal?: string
  readonly stderr?: string
}

/** The run of the command line behind an error of the SDK; undefined for every other error. */
export function findFailedRun(error: unknown): FailedRun | undefined {
  return (error as { readonly commandResult?: { readonly err?: FailedRun } } | undefined)?.commandResult?.err
}
