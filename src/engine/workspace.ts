import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type LocalWorkspaceOptions, type ProjectSettings, PulumiCommand } from '@pulumi/pulumi/automation/index.js'
import { homeFolder } from '../core/paths.ts'
import { engineEnvironment } from './environment.ts'
import { pluginFolders } from './plugins.ts'
import { wrapperRoot } from './wrapper.ts'

/** The project all stacks belong to. */
const projectName = 'bakehouse'
let command: Promise<PulumiCommand> | undefined

/** The command line of the engine, behind its wrapper. Asked for its version once a process. */
export function engine(): Promise<PulumiCommand> {
  command ??= PulumiCommand.get({ root: wrapperRoot(), skipVersionCheck: true })
  return command
}

// Each stack has a work folder of its own: the selection and the settings in it are shared state otherwise.
export async function workspace(name: string, backend: string | undefined): Promise<LocalWorkspaceOptions> {
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
