import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { homeFolder } from '../core/paths.ts'
import { readTools } from '../core/tools.ts'
import { findEngineVersion } from '../setup/pulumi-engine.ts'

/**
 * The root to give to `PulumiCommand.get`: its `bin/pulumi` runs the real CLI behind our wrapper, which survives the
 * death of this process and forwards one signal only. Throws MissingError when set-up has not run.
 */
export function wrapperRoot(): string {
  const { node, pulumi } = readTools()
  const root = join(homeFolder(), 'cli')
  writeLauncher(join(root, 'bin', 'pulumi'), renderLauncher(node, pulumi, findEngineVersion(pulumi)))
  return root
}

/** The text of the launcher: absolute paths, so that it needs no PATH. A version that is known is told without a run of the engine. */
export function renderLauncher(node: string, cli: string, version?: string): string {
  const known = version === undefined ? [] : [`[ "$*" = version ] && echo ${quote(`v${version}`)} && exit`]
  const run = [node, join(import.meta.dirname, 'wrapper.mjs'), cli].map(quote).join(' ')
  return ['#!/bin/sh', ...known, `exec ${run} "$@"`, ''].join('\n')
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}

function writeLauncher(file: string, text: string): void {
  if (findText(file) === text) return
  mkdirSync(dirname(file), { recursive: true })
  const aside = `${file}.${process.pid}`
  writeFileSync(aside, text)
  chmodSync(aside, 0o755)
  renameSync(aside, file)
}

function findText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
