import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { cacheFolder, homeFolder } from '../core/paths.ts'
import { linkOnce } from '../core/write-file.ts'

/**
 * The environment for all runs of the engine, also for `npm run pulumi`. Settings of the user for state and secrets are kept. By default,
 * the state is a folder of the project, and its secrets are encrypted with a passphrase that is generated once and stored with mode 0600.
 */
export function engineEnvironment(): Record<string, string> {
  return {
    PULUMI_BACKEND_URL: process.env.PULUMI_BACKEND_URL || stateUrl(),
    ...passphrase(),
    PULUMI_HOME: engineHome(),
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    // Without this, the engine stores each state twice: in the history of the stack and as a backup.
    PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: process.env.PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS ?? 'true',
    // The engine runs for seconds. Less garbage collection saves a quarter of its CPU time and costs about 10 MB.
    GOGC: process.env.GOGC ?? '400',
  }
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

function stateUrl(): string {
  const folder = join(homeFolder(), 'state')
  mkdirSync(folder, { recursive: true })
  // Encoded: the engine would take a # in the path for the end of it, and a % for a code.
  return pathToFileURL(folder).href
}

function passphrase(): Record<string, string> {
  if (process.env.PULUMI_CONFIG_PASSPHRASE !== undefined) return {}
  // The engine runs in another folder, so relative paths are resolved here.
  if (process.env.PULUMI_CONFIG_PASSPHRASE_FILE)
    return { PULUMI_CONFIG_PASSPHRASE_FILE: resolve(process.env.PULUMI_CONFIG_PASSPHRASE_FILE) }
  const file = passphraseFile()
  try {
    writeFileSync(file, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return { PULUMI_CONFIG_PASSPHRASE_FILE: file }
}
