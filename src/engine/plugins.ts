import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder, homeFolder, sourceFolder } from '../core/paths.ts'
import { readTools } from '../core/tools.ts'

/** A provider plugin the engine is to run from a folder, rather than from its own cache. */
export interface PluginFolder {
  readonly name: string
  readonly path: string
}

/** Our plugins, each by the source file that serves it. */
const ours: Readonly<Record<string, string>> = {
  qemu: 'cloud/local/provider/provider.ts',
  command: 'engine/command/main.ts',
}

/**
 * The plugin folders of a workspace: ours, and with `BAKEHOUSE_PLUGINS=name=folder,…` any others. The official
 * `command` plugin is left to the engine where set-up could get it.
 */
export function pluginFolders(): PluginFolder[] {
  const tools = readTools()
  const names = Object.keys(ours).filter((name) => name !== 'command' || tools.commandPlugin === 'stand-in')
  const extra = (process.env.BAKEHOUSE_PLUGINS ?? '').split(',').filter(Boolean)
  return [
    ...names.map((name) => ({ name, path: writeLauncher(name, tools.node) })),
    ...extra.map((entry) => ({ name: entry.split('=')[0] ?? '', path: entry.split('=')[1] ?? '' })),
  ]
}

/** The engine starts `pulumi-resource-<name>` in a folder: a script with absolute paths, so that no PATH is needed. */
function writeLauncher(name: string, node: string): string {
  const folder = join(homeFolder(), 'plugins', name)
  const file = join(folder, `pulumi-resource-${name}`)
  const text = [
    '#!/bin/sh',
    `NODE_COMPILE_CACHE=${quote(join(cacheFolder(), 'compiled'))} exec ${quote(node)} ${quote(join(sourceFolder(), ours[name] ?? ''))} "$@"`,
    '',
  ].join('\n')
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return folder
  mkdirSync(folder, { recursive: true })
  const aside = `${file}.${process.pid}`
  writeFileSync(aside, text)
  chmodSync(aside, 0o755)
  renameSync(aside, file)
  return folder
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
