import { join } from 'node:path'
import { homeFolder } from '../core/paths.ts'
import { quoteShell } from '../core/quote.ts'
import { readTools, type Tools } from '../core/tools.ts'
import { writeLauncher } from './launcher.ts'

/**
 * The root folder for the Automation API. Its `bin/pulumi` starts the engine through `wrapper.mjs`, which continues after this process has
 * ended and forwards only one signal. Throws MissingError if set-up has not run.
 */
export function wrapperRoot(): string {
  const root = join(homeFolder(), 'cli')
  writeLauncher(join(root, 'bin', 'pulumi'), launcherLines(readTools()))
  return root
}

/** The lines of the launcher. Its paths are absolute, so it needs no PATH. It answers `version` itself if the version is known. */
export function launcherLines({ node, pulumi, pulumiVersion }: Pick<Tools, 'node' | 'pulumi' | 'pulumiVersion'>): string[] {
  const known = pulumiVersion === undefined ? [] : [`[ "$*" = version ] && echo ${quoteShell(`v${pulumiVersion}`)} && exit`]
  const run = [node, join(import.meta.dirname, 'wrapper.mjs'), pulumi].map(quoteShell).join(' ')
  return [...known, `exec ${run} "$@"`]
}
