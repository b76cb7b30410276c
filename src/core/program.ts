import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sourceFolder } from './paths.ts'

/** The version of this program. */
export function readToolVersion(): string {
  const { version } = JSON.parse(readFileSync(join(sourceFolder(), '../package.json'), 'utf8')) as { version: string }
  return version
}

/** The command that starts this program; arguments follow. */
export const commandName = 'npm run bake --'

/** A command of this program for the user to type, such as `npm run bake -- reap`. */
export function commandLine(...words: readonly string[]): string {
  return [commandName, ...words].join(' ')
}

/** The command that sets up the tools. */
export const setUpCommand = 'npm run setup'

/** The command that writes the JSON Schema of family files. */
export const schemaCommand = 'npm run schema --'

/** The command that prints the IAM policy for a build on EC2. */
export const policyCommand = 'npm run aws:policy'

/** The line that activates completion in a shell. npm must be silent, because the shell evaluates the output. */
export const completionLine = 'eval "$(npm run --silent bake -- completion)"'

/** A command of the engine for the user to type, with the state of this project. */
export function engineCommandLine(...words: readonly string[]): string {
  return ['npm run pulumi --', ...words].join(' ')
}

/** The same line for fish. */
export const fishCompletionLine = 'npm run --silent bake -- completion fish | source'

/** Hidden option with which the shell asks for suggestions. */
export const completionFlag = '--complete-words'
