import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isPrivate } from './backend-url.ts'
import { findProject } from './find-project.ts'
import { isPackage, packageFolder } from './paths.ts'
import { quoteShell } from './quote.ts'

/** The version of this program. */
export function readToolVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as { version: string }
  return version
}

/** The command that starts this program in a clone of its repository; arguments follow. */
export const cloneCommand = 'npm run bake --'

/** The command that starts this program where its package is installed. */
export const packageCommand = 'npx bakehouse'

/** The command that starts this program as it runs now. */
export const commandName = isPackage ? packageCommand : cloneCommand

/** A command of this program for the user to type, such as `npx bakehouse reap`. */
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

/** A command of this program that reads or changes only the project, such as `init`. It begins with the settings that choose the project. */
export function projectCommandLine(...words: readonly string[]): string {
  return [...projectSettings(), commandLine(...words)].join(' ')
}

/** The settings of this process that choose the state and the project, as assignments for a shell. */
function settings(): string[] {
  const { PULUMI_BACKEND_URL: backend = '' } = process.env
  return [...assign({ PULUMI_BACKEND_URL: isPrivate(backend) ? '' : backend }), ...projectSettings()]
}

function projectSettings(): string[] {
  const { BAKEHOUSE_PROJECT: project = '', BAKEHOUSE_HOME } = process.env
  return assign({ BAKEHOUSE_PROJECT: isDefaultProject(project) ? '' : project, BAKEHOUSE_HOME })
}

function assign(variables: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(variables).flatMap(([name, value]) => (value ? [`${name}=${quoteShell(value)}`] : []))
}

/** Whether this program finds the folder by itself, as it does in a clone, and from a folder inside of the project. */
function isDefaultProject(project: string): boolean {
  return project === (isPackage ? findProject(process.cwd()) : packageFolder())
}

/** The command that sets up the tools of the project of this process. */
export function setUpCommandLine(): string {
  return [...projectSettings(), isPackage ? `${commandName} setup` : 'npm run setup'].join(' ')
}

/** The command that writes the JSON Schema of family files. */
export const schemaCommand = 'npm run schema --'

/** The command that prints the IAM policy for a build on EC2. */
export const policyCommand = isPackage ? `${commandName} aws-policy` : 'npm run aws:policy'

/** The same command; arguments follow. */
export const policyProgram = isPackage ? policyCommand : `${policyCommand} --`

/** The command that prints a completion script. npm must be silent, because the shell evaluates the output. */
const completionCommand = isPackage ? `${commandName} completion` : 'npm run --silent bake -- completion'

/** The command of the program that runs an image on this computer; arguments follow. */
export const vmCommand = isPackage ? `${commandName} vm` : 'npm run vm --'

/** A command of that program for the user to type. It uses the state of this process. */
export function vmCommandLine(...words: readonly string[]): string {
  return [...settings(), vmCommand, ...words].join(' ')
}

/** The line that activates completion in a shell. */
export const completionLine = `eval "$(${completionCommand})"`

/** A command of the engine for the user to type, with the state of this process. */
export function engineCommandLine(...words: readonly string[]): string {
  return [...settings(), isPackage ? `${commandName} pulumi` : 'npm run pulumi --', ...words].join(' ')
}

/** The same line for fish. */
export const fishCompletionLine = `${completionCommand} fish | source`

/** Hidden option with which the shell asks for suggestions. */
export const completionFlag = '--complete-words'
