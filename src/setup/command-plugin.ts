import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../core/exec.ts'
import { cacheFolder, homeFolder } from '../core/paths.ts'
import type { Tools } from '../core/tools.ts'
import { engineEnvironment } from '../engine/environment.ts'
import { isReachable } from './download.ts'
import { engineHost } from './pulumi-engine.ts'

/** The version of the plugin. Its SDK in package.json has the same version. */
const version = '1.2.1'

/** Installs the official `command` plugin if its download host answers; else uses the bundled one. */
export async function setUpCommandPlugin(engine: string): Promise<Pick<Tools, 'commandPlugin' | 'commandPluginFolder'>> {
  const official = findOfficial()
  if (official) return { commandPlugin: 'official', commandPluginFolder: official }
  if (await isReachable(engineHost).catch(() => false)) {
    const args = ['plugin', 'install', 'resource', 'command', version]
    await run(engine, args, { env: engineEnvironment(), timeoutMs: 90_000, logFile: join(homeFolder(), 'setup.log') })
  }
  const folder = findOfficial()
  return folder ? { commandPlugin: 'official', commandPluginFolder: folder } : { commandPlugin: 'stand-in' }
}

function findOfficial(): string | undefined {
  const folder = join(cacheFolder(), 'plugins', `resource-command-v${version}`)
  return existsSync(join(folder, 'pulumi-resource-command')) && !existsSync(`${folder}.partial`) ? folder : undefined
}
