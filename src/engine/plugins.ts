import { join } from 'node:path'
import { findVariable } from '../core/environment.ts'
import { cacheFolder, homeFolder } from '../core/paths.ts'
import { quoteShell } from '../core/quote.ts'
import { readTools } from '../core/tools.ts'
import { commandPlugin } from './command/entry.ts'
import { writeLauncher } from './launcher.ts'
import type { PluginEntry } from './plugin/resource.ts'

/** A provider plugin that the engine runs from a folder, in place of one from its own cache. */
export interface PluginFolder {
  readonly name: string
  readonly path: string
}

/**
 * Writes the folders of these plugins, and of our `command` plugin where set-up could not get the official one. With
 * `BAKEHOUSE_PLUGINS=name=folder,…` there are more.
 */
export function writePluginFolders(plugins: readonly PluginEntry[]): PluginFolder[] {
  const { node, commandPlugin: kind } = readTools()
  const served = kind === 'stand-in' ? [...plugins, commandPlugin] : plugins
  return [...served.map((plugin) => ({ name: plugin.name, path: writeFolder(plugin, node) })), ...givenFolders()]
}

function givenFolders(): PluginFolder[] {
  const entries = (findVariable('BAKEHOUSE_PLUGINS') ?? '').split(',').filter(Boolean)
  return entries.map((entry) => ({ name: entry.split('=')[0] ?? '', path: entry.split('=')[1] ?? '' }))
}

/** The engine starts `pulumi-resource-<name>` in the folder. Its paths are absolute, so that it needs no PATH. */
function writeFolder({ name, main }: PluginEntry, node: string): string {
  const folder = join(homeFolder(), 'plugins', name)
  const cache = `NODE_COMPILE_CACHE=${quoteShell(join(cacheFolder(), 'compiled'))}`
  writeLauncher(join(folder, `pulumi-resource-${name}`), [`${cache} exec ${quoteShell(node)} ${quoteShell(main)} "$@"`])
  return folder
}
