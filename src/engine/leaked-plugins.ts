import { basename } from 'node:path'
import { findMarked, type MarkedProcess } from '../core/marked-processes.ts'
import { commandPlugin } from './command/entry.ts'

/**
 * Plugins of builds whose engine was killed. The official `command` plugin does not notice that, and runs for ever. Their `value` is the
 * process of their build. `marked`: all processes of builds.
 */
export function findLeakedPlugins(marked: readonly MarkedProcess[] = findMarked('BAKEHOUSE_OWNER')): MarkedProcess[] {
  // The engine is marked too. If the parent of a plugin is not marked, the engine has ended.
  const pids = new Set(marked.map(({ pid }) => pid))
  return marked.filter(({ command, parent }) => isPlugin(command) && !pids.has(parent))
}

function isPlugin([program = '', script = '']: readonly string[]): boolean {
  return basename(program).startsWith('pulumi-resource-') || script === commandPlugin.main
}
