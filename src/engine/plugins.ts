import { join } from 'node:path'
import { findVariable } from '../core/environment.ts'
import { cacheFolder, homeFolder } from '../core/paths.ts'
import { quoteShell } from '../core/quote.ts'
import { readTools } from '../core/tools.ts'
import { commandPlugin } from './command/entry.ts'
import { writeLauncher } from './launcher.ts'
import type { PluginEntry } from './plugin/resource.ts'

/** A provider plugin that the engine starts from a folder instead of its plugin cache. */
export interface PluginFolder {
  readonly name: string
  readonly path: string
}

/**
 * Writes the folders of these plugins and, if set-up could not get the official `command` plugin, of the bundled one. Adds the plugins of
 * `BAKEHOUSE_PLUGINS=name=folder,…`.
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

/** Writes `pulumi-resource-<name>`, which the engine starts. The paths in it are absolute, so it does not depend on PATH. */
function writeFolder({ name, main }: PluginEntry, node: string): string {
  const folder = join(homeFolder(), 'plugins', name)
  const cache = `NODE_COMPILE_CACHE=${quoteShell(join(cacheFolder(), 'compiled'))}`
  writeLauncher(join(folder, `pulumi-resource-${name}`), [`${cache} exec ${quoteShell(node)} ${quoteShell(main)} "$@"`])
  return folder
}
