import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isPrivate } from './backend-url.ts'
import { sourceFolder } from './paths.ts'
import { quoteShell } from './quote.ts'

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

/**
 * A command of this program that reads or changes the state. It begins with the settings of this process, so that it acts on the same
 * project and the same state in another shell too.
 */
export function stateCommandLine(...words: readonly string[]): string {
  return [...settings(), commandLine(...words)].join(' ')
}

/** The settings of this process that choose the project and the state, as assignments for a shell. */
function settings(): string[] {
  const { PULUMI_BACKEND_URL: backend = '', BAKEHOUSE_PROJECT, BAKEHOUSE_HOME } = process.env
  const chosen = { PULUMI_BACKEND_URL: isPrivate(backend) ? '' : backend, BAKEHOUSE_PROJECT, BAKEHOUSE_HOME }
  return Object.entries(chosen).flatMap(([name, value]) => (value ? [`${name}=${quoteShell(value)}`] : []))
}

/** The command that sets up the tools. */
export const setUpCommand = 'npm run setup'

/** The command that writes the JSON Schema of family files. */
export const schemaCommand = 'npm run schema --'

/** The command that prints the IAM policy for a build on EC2. */
export const policyCommand = 'npm run aws:policy'

/** The line that activates completion in a shell. npm must be silent, because the shell evaluates the output. */
export const completionLine = 'eval "$(npm run --silent bake -- completion)"'

/** A command of the engine for the user to type, with the state of this process. */
export function engineCommandLine(...words: readonly string[]): string {
  return [...settings(), 'npm run pulumi --', ...words].join(' ')
}

/** The same line for fish. */
export const fishCompletionLine = 'npm run --silent bake -- completion fish | source'

/** Hidden option with which the shell asks for suggestions. */
export const completionFlag = '--complete-words'
