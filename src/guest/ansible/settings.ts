import { existsSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { defined } from '../../core/defined.ts'
import { findSettingsFile } from './project-folders.ts'

/** Input for the environment of `ansible-playbook`. */
export interface AnsibleSpec {
  /** The family's folder. It is the working directory, so that Ansible finds its roles and collections. */
  readonly folder: string
  readonly venv: string
  readonly strategy: 'mitogen' | 'linear'
  /** The callback plugin writes into this file. */
  readonly tasksFile: string
  readonly vaultPasswordFile: string | undefined
  /** Folders of the family's installed requirements. */
  readonly installed: { readonly collections: string; readonly roles: string } | undefined
}

/** A setting of Ansible. */
export interface FoundSetting {
  readonly text: string
  /** Paths in it are relative to this folder. */
  readonly folder: string
}

/** The family's setting by section and key: from the environment, then from its ansible.cfg. */
export type FindSetting = (section: string, key: string, variable: string) => FoundSetting | undefined

/** Environment of `ansible-playbook`. Lists of folders are extended, never replaced. */
export function ansibleEnvironment(spec: AnsibleSpec, findSetting: FindSetting): Record<string, string> {
  const paths = (first: readonly string[], key: string, variable: string, standard: readonly string[]): string => {
    const own = findSetting('defaults', key, variable)
    return [...first, ...(own ? listPaths(own) : standard)].join(delimiter)
  }
  const unlessSet = (key: string, variable: string, value: string) =>
    findSetting('defaults', key, variable) === undefined ? { [variable]: value } : {}
  const callbacks = join(import.meta.dirname, 'callback_plugins')
  return {
    PATH: `${join(spec.venv, 'bin')}${delimiter}${process.env.PATH ?? ''}`,
    ...defined({ ANSIBLE_CONFIG: findSettingsFile(spec.folder) }),
    BAKEHOUSE_TASKS: spec.tasksFile,
    ANSIBLE_CALLBACK_PLUGINS: paths([callbacks], 'callback_plugins', 'ANSIBLE_CALLBACK_PLUGINS', []),
    ANSIBLE_HOST_KEY_CHECKING: 'True',
    ANSIBLE_NOCOLOR: '1',
    ANSIBLE_FORCE_COLOR: '0',
    ANSIBLE_PIPELINING: 'True',
    ...unlessSet('gathering', 'ANSIBLE_GATHERING', 'smart'),
    // Ansible's default, 10 s, is too short for a login on a busy machine.
    ...unlessSet('timeout', 'ANSIBLE_TIMEOUT', '60'),
    ...(spec.strategy === 'mitogen' ? mitogenEnvironment(spec, paths) : {}),
    ...defined({ ANSIBLE_VAULT_PASSWORD_FILE: spec.vaultPasswordFile }),
    ...(spec.installed && installedEnvironment(spec.installed, paths)),
    ...localeEnvironment(),
  }
}

type Paths = (first: readonly string[], key: string, variable: string, standard: readonly string[]) => string

function mitogenEnvironment(spec: AnsibleSpec, paths: Paths): Record<string, string> {
  const plugins = findMitogen(spec.venv)
  return {
    ANSIBLE_STRATEGY: 'mitogen_linear',
    ANSIBLE_STRATEGY_PLUGINS: paths([plugins], 'strategy_plugins', 'ANSIBLE_STRATEGY_PLUGINS', []),
  }
}

function installedEnvironment(installed: NonNullable<AnsibleSpec['installed']>, paths: Paths): Record<string, string> {
  return {
    ANSIBLE_COLLECTIONS_PATH: paths([installed.collections], 'collections_path', 'ANSIBLE_COLLECTIONS_PATH', ['~/.ansible/collections']),
    ANSIBLE_ROLES_PATH: paths([installed.roles], 'roles_path', 'ANSIBLE_ROLES_PATH', ['~/.ansible/roles', '/etc/ansible/roles']),
  }
}

/** Ansible refuses to start in a locale that is not UTF-8. */
function localeEnvironment(): Record<string, string> {
  const locale = process.env.LC_ALL || process.env.LC_CTYPE || process.env.LANG || ''
  return /utf-?8/i.test(locale) ? {} : { LC_ALL: 'C.UTF-8' }
}

/** The folder of Mitogen's strategy plugins in a Python environment. */
export function findMitogen(venv: string): string {
  const version = readFileSync(join(venv, 'pyvenv.cfg'), 'utf8').match(/^version\w*\s*=\s*(\d+\.\d+)/m)?.[1] ?? '3.11'
  return join(venv, 'lib', `python${version}`, 'site-packages/ansible_mitogen/plugins/strategy')
}

/** Finds settings in the same order as Ansible: in the environment, then in the ansible.cfg of a family. */
export function settingsOf(family: string, env: NodeJS.ProcessEnv = process.env): FindSetting {
  const file = findSettingsFile(family, env)
  const settings = file !== undefined && existsSync(file) ? parseSettings(readFileSync(file, 'utf8')) : new Map<string, string>()
  return (section, key, variable) => {
    const given = env[variable]
    if (given !== undefined) return { text: given, folder: family }
    const text = settings.get(`${section}.${key}`)
    return text === undefined ? undefined : { text, folder: dirname(file ?? family) }
  }
}

/** The paths in a list of paths; those below a home folder (`~`) as they are. */
export function listPaths({ text, folder }: FoundSetting): string[] {
  const paths = text.split(delimiter).map((path) => path.trim())
  return paths.filter((path) => path !== '').map((path) => (path.startsWith('~') ? path : resolve(folder, path)))
}

/** An ansible.cfg as `section.key` → value. It never throws: Ansible itself reports errors in the file. */
export function parseSettings(text: string): Map<string, string> {
  const settings = new Map<string, string>()
  let section = ''
  for (const line of text.split('\n')) {
    const heading = line.match(/^\s*\[([^\]]+)\]/)
    const pair = line.match(/^\s*([A-Za-z_]\w*)\s*[=:]\s*(.*?)\s*(?:\s[;#].*)?$/)
    if (heading?.[1]) section = heading[1].trim()
    else if (pair?.[1] && !/^\s*[#;]/.test(line)) settings.set(`${section}.${pair[1].toLowerCase()}`, pair[2] ?? '')
  }
  return settings
}
