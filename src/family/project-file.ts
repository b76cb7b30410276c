import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { resolveBackend } from '../core/backend-url.ts'
import { messageOf, UsageError } from '../core/errors.ts'
import { projectFile } from '../core/find-project.ts'
import { projectFolder } from '../core/paths.ts'
import type { Setting } from '../model/setting.ts'
import { displayPath } from './display-path.ts'
import { parseSource } from './document.ts'
import { explainIssues } from './explain.ts'
import { type ProjectFile, projectSchema } from './project-schema.ts'

type Name = Exclude<keyof ProjectFile, 'defaults'>
type Render<N extends Name> = (value: NonNullable<ProjectFile[N]>, project: string) => string

/** For each setting, the environment variable that has precedence over it, and its value in that variable. */
const settings: { readonly [N in Name]: readonly [variable: string, render: Render<N>] } = {
  backend: ['PULUMI_BACKEND_URL', resolveBackend],
  secretsProvider: ['BAKEHOUSE_SECRETS_PROVIDER', String],
  passphraseFile: ['PULUMI_CONFIG_PASSPHRASE_FILE', resolvePath],
  artifacts: ['BAKEHOUSE_ARTIFACTS', (value, project) => (value.includes('://') ? value : resolvePath(value, project))],
  home: ['BAKEHOUSE_HOME', resolvePath],
  parallel: ['BAKEHOUSE_PARALLEL', String],
  cancelSeconds: ['BAKEHOUSE_CANCEL_SECONDS', String],
  lockSeconds: ['BAKEHOUSE_LOCK_SECONDS', String],
  accelerator: ['BAKEHOUSE_ACCELERATOR', String],
  snapshots: ['BAKEHOUSE_SNAPSHOTS', (value) => (value ? 'on' : 'off')],
  venv: ['BAKEHOUSE_VENV', resolvePath],
  goss: ['BAKEHOUSE_GOSS', resolvePath],
  awsTags: ['BAKEHOUSE_AWS_TAGS', (value) => renderPairs(Object.entries(value))],
  plugins: [
    'BAKEHOUSE_PLUGINS',
    (value, project) => renderPairs(Object.entries(value).map(([name, folder]) => [name, resolvePath(folder, project)])),
  ],
}

/** The names of the settings, in the order of the documentation, with their environment variables. */
export const settingVariables: Readonly<Record<Name, string>> = Object.fromEntries(
  Object.entries(settings).map(([name, [variable]]) => [name, variable]),
) as Record<Name, string>

/** The variables that `useProjectFile` has set. */
const fromFile = new Set<string>()

/**
 * Uses the settings in `bakehouse.yaml`, for this process and its children: sets each environment variable that is not set yet. Throws
 * UsageError with the place in the file.
 */
export function useProjectFile(): void {
  const project = projectFolder()
  const file = readProjectFile(project)
  for (const name of Object.keys(settings) as Name[]) {
    const [variable, render] = settings[name] as readonly [string, Render<Name>]
    const value = file[name]
    if (value === undefined || process.env[variable]) continue
    process.env[variable] = render(value as never, project)
    fromFile.add(variable)
  }
}

/** The settings of `defaults`, as written: parts of family files. */
export function readFamilyDefaults(): Readonly<Record<string, unknown>> {
  return (readProjectFile(projectFolder()).defaults ?? {}) as Readonly<Record<string, unknown>>
}

/** The settings of the project, then the defaults of its families, each with its origin. Throws UsageError for a mistake in the file. */
export function listSettings(): Setting[] {
  useProjectFile()
  const own = Object.entries(settingVariables).map(([name, variable]): Setting => {
    const value = process.env[variable] || undefined
    return { name, value, from: fromFile.has(variable) ? projectFile : value === undefined ? 'default' : 'environment', variable }
  })
  const defaults = listLeaves(readFamilyDefaults(), 'defaults').map(([name, value]): Setting => ({ name, value, from: projectFile }))
  return [...own, ...defaults]
}

function listLeaves(value: unknown, name: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[name, value]]
  return Object.entries(value).flatMap(([key, inner]) => listLeaves(inner, `${name}.${key}`))
}

function readProjectFile(project: string): ProjectFile {
  const path = join(project, projectFile)
  const bytes = findBytes(path)
  if (bytes === undefined) return {}
  const document = parseSource(bytes, displayPath(path))
  // An empty file, or one with comments only.
  const value = document.value ?? {}
  const problems = explainIssues(projectSchema, value)
  if (problems.length > 0) throw document.error(problems)
  return value as ProjectFile
}

function findBytes(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new UsageError(`${displayPath(path)}:1:1: expected a readable file, got ${messageOf(cause)}`, { cause })
  }
}

function resolvePath(path: string, project: string): string {
  return path.startsWith('~/') ? join(homedir(), path.slice(2)) : resolve(project, path)
}

function renderPairs(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([name, value]) => `${name}=${value}`).join(',')
}
