import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { familyFile } from '../core/find-project.ts'
import { ansibleFolders, findSettingsFile } from '../guest/ansible/project-folders.ts'
import { listPaths, settingsOf } from '../guest/ansible/settings.ts'
import { listFiles } from './list-files.ts'
import { findRoleNames } from './role-names.ts'

/**
 * The files that a family uses and that are in its project, but not in its own folder; relative to the project, sorted. These are the
 * `ansible.cfg` and the variables that Ansible reads for it; roles and collections in the search paths of that file that a YAML file of the
 * family or another of these files uses; and what such a YAML file names with `../`. The project is the folder that contains `playbooks/`.
 */
export function findSharedFiles(folder: string): string[] {
  const search = openSearch(folder)
  for (const file of listFiles(folder)) search.read(join(folder, file))
  const settings = findSettingsFile(folder)
  if (settings !== undefined) search.add(settings)
  const roles = searchPath(folder, ['roles_path'], 'ANSIBLE_ROLES_PATH')
  const collections = searchPath(folder, ['collections_path', 'collections_paths'], 'ANSIBLE_COLLECTIONS_PATH')
  // A role that was found may use others.
  for (let before = -1; before < search.words.size; ) {
    before = search.words.size
    for (const path of listVariables(folder, search.groups())) search.add(path)
    for (const name of [...search.roles()]) for (const path of roles) search.add(join(path, name))
    for (const name of [...search.words]) {
      const [namespace = '', collection] = name.split('.')
      if (collection) for (const path of collections) search.add(join(path, 'ansible_collections', namespace, collection))
    }
  }
  return search.list()
}

/** The host of a family has its name, and is in these groups. It may join others while the playbook runs. */
const groups: ReadonlySet<string> = new Set(['all', 'ungrouped'])

/** The shared files and folders of variables that Ansible reads for a family: those of its host, and those of groups in `names`. */
function listVariables(folder: string, names: ReadonlySet<string>): string[] {
  const isUsed = {
    group_vars: (name: string) => groups.has(name) || names.has(name),
    host_vars: (name: string) => name === basename(folder),
  }
  const [, ...shared] = ansibleFolders(folder)
  return shared.flatMap((around) =>
    Object.entries(isUsed).flatMap(([kind, isIn]) => {
      const entries = listFolder(join(around, kind))
      return entries.filter((name) => isIn(name.replace(/\.(ya?ml|json)$/, ''))).map((name) => join(around, kind, name))
    }),
  )
}

function listFolder(folder: string): string[] {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder) : []
}

interface Search {
  /** The words of all YAML files so far, and the first two parts of words with dots. */
  readonly words: ReadonlySet<string>
  /** The names of the roles that these files use; all words if one of the names is known only when Ansible runs. */
  roles(): ReadonlySet<string>
  /** Names among which are those of the groups that the host may join while the playbook runs. */
  groups(): ReadonlySet<string>
  /** Reads the words and the relative paths in a file, if it is a YAML file. */
  read(path: string): void
  /** Adds a file, or all files in a folder. Ignores what does not exist or is not shared. */
  add(path: string): void
  list(): string[]
}

function openSearch(folder: string): Search {
  const project = resolve(folder, '../..')
  const [words, roles] = [new Set<string>(), new Set<string | undefined>()]
  let joinsGroups = false
  const seen = new Set<string>()
  const files: string[] = []
  const search: Search = {
    words,
    roles: () => (roles.has(undefined) ? words : (roles as ReadonlySet<string>)),
    groups: () => (joinsGroups ? words : new Set()),
    read(path) {
      if (!/\.ya?ml$/.test(path) || !statSync(path, { throwIfNoEntry: false })?.isFile()) return
      const text = readFileSync(path, 'utf8')
      for (const [word] of text.matchAll(/[\w-]+(?:\.[\w-]+)*/g)) words.add(word).add(word.split('.').slice(0, 2).join('.'))
      for (const name of findRoleNames(text)) roles.add(name)
      joinsGroups ||= /\b(group_by|add_host)\b/.test(text)
      // Ansible searches from the folder of the playbook, and from that of the file.
      for (const [named] of text.matchAll(/\.\.\/[^\s'"#:,|}\])]*/g)) {
        for (const from of [folder, dirname(path)]) search.add(resolve(from, named))
        if (path === join(folder, familyFile)) search.add(suiteFolder(project, resolve(folder, named)))
      }
    },
    add(path) {
      if (seen.has(path) || !isShared(path, { folder, project })) return
      seen.add(path)
      const stats = statSync(path, { throwIfNoEntry: false })
      if (stats?.isDirectory()) for (const file of listFiles(path)) search.add(join(path, file))
      if (!stats?.isFile()) return
      files.push(relative(project, path).split(sep).join('/'))
      search.read(path)
    },
    list: () => files.sort(),
  }
  return search
}

/** A file of tests in `common/` uses the files beside it; the folder of such a file, else the path itself. */
function suiteFolder(project: string, path: string): string {
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile()
  return isFile && isBelow(join(project, 'common'), path) ? dirname(path) : path
}

/** Whether a path is in the project, also after following links, and neither in the folder of the family nor a folder around it. */
function isShared(path: string, { folder, project }: { readonly folder: string; readonly project: string }): boolean {
  if (!isBelow(project, path) || path === folder || isBelow(folder, path) || isBelow(path, folder)) return false
  try {
    return isBelow(realpathSync(project), realpathSync(path))
  } catch {
    return false
  }
}

function isBelow(folder: string, path: string): boolean {
  return path.startsWith(`${folder}${sep}`)
}

/** The folders of a search path of Ansible. */
function searchPath(folder: string, keys: readonly string[], variable: string): string[] {
  const find = settingsOf(folder)
  const given = keys.map((key) => find('defaults', key, variable)).find((value) => value !== undefined)
  return given ? listPaths(given).map((path) => path.replace(/^~(?=\/|$)/, homedir())) : []
}
