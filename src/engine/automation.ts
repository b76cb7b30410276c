import {
  type Deployment,
  type DestroyOptions,
  type LocalWorkspace,
  type LocalWorkspaceOptions,
  type ProjectSettings,
  PulumiCommand,
  Stack,
} from '@pulumi/pulumi/automation/index.js'
import type { PluginFolder } from './plugins.ts'
import { wrapperRoot } from './wrapper.ts'

/*
 * The only file that depends on internals of the Automation API: members that are missing in its types, and the replacement of its
 * command line by a wrapper. Check this file after each update of the SDK.
 */

/** The command line of the engine, started through the wrapper. Throws MissingError if set-up has not run. */
export function openCommand(): Promise<PulumiCommand> {
  return PulumiCommand.get({ root: wrapperRoot(), skipVersionCheck: true })
}

/** The settings of the project. The type of the SDK lacks `plugins` and the settings in `config`, but the engine reads them. */
export function projectSettings(
  plugins: readonly PluginFolder[],
  config: Readonly<Record<string, string>>,
): NonNullable<LocalWorkspaceOptions['projectSettings']> {
  const settings = { name: projectName, runtime: 'nodejs' as const, plugins: { providers: plugins }, config }
  return settings as Omit<typeof settings, 'config'> satisfies ProjectSettings
}

/** The Pulumi project of all stacks. */
export const projectName = 'bakehouse'

interface Runner {
  run(args: string[], folder: string, environment: Readonly<Record<string, string>>): Promise<{ readonly stdout: string }>
}

function runCommand(args: string[], { pulumiCommand, workDir, envVars }: LocalWorkspace): Promise<{ readonly stdout: string }> {
  return (pulumiCommand as unknown as Runner).run(args, workDir, envVars)
}

/** Creates a stack in the backend without selecting it, because the engine writes a file for each selection. */
export async function initStack(name: string, workspace: LocalWorkspace): Promise<void> {
  await runCommand(['stack', 'init', name, '--no-select', '--secrets-provider', workspace.secretsProvider ?? ''], workspace)
}

/** The state of a stack. Its secrets stay encrypted: the SDK would decrypt them, and would need their passphrase or key for that. */
export async function exportState(name: string, workspace: LocalWorkspace): Promise<Deployment> {
  return JSON.parse((await runCommand(['stack', 'export', '--stack', name], workspace)).stdout) as Deployment
}

/** Opens an existing stack without a run of the engine. Later runs name the stack, so it need not be selected. */
export async function attachStack(name: string, workspace: LocalWorkspace): Promise<Stack> {
  Object.assign(workspace, { selectStack: async () => {} })
  workspace.program = async () => {}
  const stack = await Stack.select(name, workspace)
  // After an update, the SDK would run the engine three more times, for outputs and history, and would fail if one of these runs fails.
  // This program reads the outputs from the events of the update instead.
  return Object.assign(stack, { outputs: async () => ({}), info: async () => undefined })
}

interface CommandRunner {
  runPulumiCmd(args: string[], ...rest: unknown[]): Promise<unknown>
}

/** Destroys all resources of a stack and removes the stack, in one run of the engine. With the option `remove`, the SDK takes two. */
export async function destroyAndRemove(stack: Stack, options: DestroyOptions): Promise<void> {
  const runner = stack as unknown as CommandRunner
  const run: CommandRunner = { runPulumiCmd: (args, ...rest) => runner.runPulumiCmd([...args, '--remove'], ...rest) }
  await (Object.assign(Object.create(stack), run) as Stack).destroy(options)
}

/** A failed run of the command line. */
export interface FailedRun {
  readonly exitCode?: number
  readonly signal?: string
  readonly stderr?: string
}

/** The failed run that caused an error of the SDK, or is the cause of an error; undefined for other errors. */
export function findFailedRun(error: unknown): FailedRun | undefined {
  const { commandResult, cause } = (error ?? {}) as { readonly commandResult?: { readonly err?: FailedRun }; readonly cause?: unknown }
  return commandResult?.err ?? (cause === undefined ? undefined : findFailedRun(cause))
}
