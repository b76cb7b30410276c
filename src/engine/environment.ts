import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createPrivateState, findBackend, isPrivate } from '../core/backend-url.ts'
import type { VariableName } from '../core/environment.ts'
import { cacheFolder, homeFolder, projectFolder, sourceFolder } from '../core/paths.ts'
import { linkOnce, writeOnce } from '../core/write-file.ts'

/**
 * The environment for all runs of the engine, also for `npm run pulumi`. Settings of the user for state and secrets are kept. By default,
 * the state is a folder of the project, and its secrets are encrypted with a passphrase that is generated once and stored with mode 0600.
 * `backend`: the URL of another state.
 */
export function engineEnvironment(backend?: string): Record<string, string> {
  const url = findBackend(backend)
  if (isPrivate(url)) createPrivateState()
  return {
    PULUMI_BACKEND_URL: url,
    ...passphrase(url),
    // Without this, a stack whose settings file is absent would get another secrets provider, the default one, with its next update.
    PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: 'true',
    PULUMI_HOME: engineHome(),
    // Commands in a state use these paths, so that every computer can run them. The engine runs outside of the project.
    ...programPaths(),
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    // Without this, the engine stores each state twice: in the history of the stack and as a backup.
    PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: process.env.PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS ?? 'true',
    // The engine runs for seconds. Less garbage collection saves a quarter of its CPU time and costs about 10 MB.
    GOGC: process.env.GOGC ?? '400',
  }
}

function programPaths(): Partial<Record<VariableName, string>> {
  return { BAKEHOUSE_NODE: process.execPath, BAKEHOUSE_SOURCE: sourceFolder(), BAKEHOUSE_PROJECT: projectFolder() }
}

/** The settings folder of the engine (PULUMI_HOME), one per project. Its plugins are links to the cache, which all projects share. */
function engineHome(): string {
  const home = join(homeFolder(), 'home')
  const plugins = join(cacheFolder(), 'plugins')
  mkdirSync(home, { recursive: true })
  mkdirSync(plugins, { recursive: true })
  linkOnce(plugins, join(home, 'plugins'))
  return home
}

/** The file of the passphrase that this project made for itself. */
export function passphraseFile(): string {
  return join(homeFolder(), 'passphrase')
}

/** A passphrase is generated only for the private state. In a state that others use, they could not decrypt what it encrypts. */
function passphrase(backend: string): Record<string, string> {
  if (process.env.PULUMI_CONFIG_PASSPHRASE !== undefined) return {}
  // The engine runs in another folder, so relative paths are resolved here.
  if (process.env.PULUMI_CONFIG_PASSPHRASE_FILE)
    return { PULUMI_CONFIG_PASSPHRASE_FILE: resolve(process.env.PULUMI_CONFIG_PASSPHRASE_FILE) }
  if (!isPrivate(backend)) return {}
  const file = passphraseFile()
  writeOnce(file, () => randomBytes(32).toString('base64url'))
  return { PULUMI_CONFIG_PASSPHRASE_FILE: file }
}
