import { join } from 'node:path'
import { homeFolder } from '../core/paths.ts'
import { quoteShell } from '../core/quote.ts'
import { readTools, type Tools } from '../core/tools.ts'
import { writeLauncher } from './launcher.ts'

/**
 * The root folder for the Automation API. Its `bin/pulumi` runs the engine behind our wrapper, which outlives this process and
 * forwards one signal only. Throws MissingError when set-up has not run.
 */
export function wrapperRoot(): string {
  const root = join(homeFolder(), 'cli')
  writeLauncher(join(root, 'bin', 'pulumi'), launcherLines(readTools()))
  return root
}

/** The lines of the launcher. Its paths are absolute, so that it needs no PATH. A known version is told without a run of the engine. */
export function launcherLines({ node, pulumi, pulumiVersion }: Pick<Tools, 'node' | 'pulumi' | 'pulumiVersion'>): string[] {
  const known = pulumiVersion === undefined ? [] : [`[ "$*" = version ] && echo ${quoteShell(`v${pulumiVersion}`)} && exit`]
  const run = [node, join(import.meta.dirname, 'wrapper.mjs'), pulumi].map(quoteShell).join(' ')
  return [...known, `exec ${run} "$@"`]
}
