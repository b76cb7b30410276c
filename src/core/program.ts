import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sourceFolder } from './paths.ts'

/** The version of this program. */
export function readToolVersion(): string {
  const { version } = JSON.parse(readFileSync(join(sourceFolder(), '../package.json'), 'utf8')) as { version: string }
  return version
}

/** What users type to start this program; its arguments follow. */
export const commandName = 'npm run bake --'

/** A command of this program for the user to type, such as `npm run bake -- reap`. */
export function commandLine(...words: readonly string[]): string {
  return [commandName, ...words].join(' ')
}

/** What users type to set the tools up. */
export const setUpCommand = 'npm run setup'

/** A command of the engine for the user to type, with the state of this project. */
export function engineCommandLine(...words: readonly string[]): string {
  return ['npm run pulumi --', ...words].join(' ')
}
