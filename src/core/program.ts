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

/** What users type to see the permissions that a bake on EC2 needs. */
export const policyCommand = 'npm run aws:policy'

/** What evaluates to the completion of a shell. It prints nothing but that, so npm must be silent. */
export const completionLine = 'eval "$(npm run --silent bake -- completion)"'

/** A command of the engine for the user to type, with the state of this project. */
export function engineCommandLine(...words: readonly string[]): string {
  return ['npm run pulumi --', ...words].join(' ')
}
