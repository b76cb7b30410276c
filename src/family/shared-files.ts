import { readdirSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { familyFile } from '../core/find-project.ts'
import { ansibleFolders, findSettingsFile, variableFolders } from '../guest/ansible/project-folders.ts'
import { listPaths, settingsOf } from '../guest/ansible/settings.ts'
import { listFiles } from './list-files.ts'
import { findRoleNames } from './role-names.ts'

/**
 * The files that a family uses and that are in its project, but not in its own folder; relative to the project, sorted. These are the
 * `ansible.cfg` and the variables that Ansible reads for it; roles and collections in the search paths of that file that a YAML file of the
 * family or another of these files uses; and what such a YAML file names with `../`. The project is the folder that contains `playbooks/`.
 */
export function findSharedFiles(folder: string): string[] {
  const project = resolve(folder, '../..')
  const paths = searchFrom(folder, listOwn(folder, 'used'), 'used').map((path) => relative(project, path).split(sep).join('/'))
  return paths.sort()
}

/**
 * The paths of all files that Ansible may read for a family, its own ones too. They are more than those that it uses: the shared variables of
 * all groups and hosts, what is beside a named file (because a name can be a template), and what links and search paths name outside of the
 * project. Files that this user cannot read are left out, because Ansible cannot read them either.
 */
export function findReadableFiles(folder: string): string[] {
  const own = listOwn(folder, 'readable')
  return [...own, ...searchFrom(folder, own, 'readable')]
}

/** Which files count: those that the family uses, or all that Ansible may read for it. */
type Extent = 'used' | 'readable'

function listOwn(folder: string, extent: Extent): string[] {
  return listFiles(folder, { isLenient: extent === 'readable' }).map((path) => join(folder, path))
}

/** `own`: the paths of the files of the family. */
function searchFrom(folder: string, own: readonly string[], extent: Extent): readonly string[] {
  const search = openSearch(folder, extent)
  for (const path of own) search.read(path)
  const settings = findSettingsFile(folder)
  if (settings !== undefined) search.add(settings)
  const roles = searchPath(folder, ['roles_path'], 'ANSIBLE_ROLES_PATH')
  const collections = searchPath(folder, ['collections_path', 'collections_paths'], 'ANSIBLE_COLLECTIONS_PATH')
  // A role that was found may use others.
  for (let before = -1; before < search.words.size; ) {
    before = search.words.size
    for (const path of extent === 'used' ? listVariables(folder, search.groups()) : listAllVariables(folder)) search.add(path)
    for (const name of [...search.roles()]) for (const path of roles) search.add(join(path, name))
    for (const name of [...search.words]) {
      const [namespace = '', collection] = name.split('.')
      if (collection) for (const path of collections) search.add(join(path, 'ansible_collections', namespace, collection))
    }
  }
  return search.files
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

function listAllVariables(folder: string): string[] {
  const [, ...shared] = ansibleFolders(folder)
  return shared.flatMap((around) => variableFolders.map((kind) => join(around, kind)))
}

function listFolder(folder: string): string[] {
  return findStats(folder)?.isDirectory() ? readdirSync(folder) : []
}

/** The text of a file; empty if this user cannot read it. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function findStats(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
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
  /** The added files. */
  readonly files: readonly string[]
}

function openSearch(folder: string, extent: Extent): Search {
  const project = resolve(folder, '../..')
  const isReadable = extent === 'readable'
  const [words, roles] = [new Set<string>(), new Set<string | undefined>()]
  let joinsGroups = false
  const seen = new Set<string>()
  const files: string[] = []
  const search: Search = {
    words,
    roles: () => (roles.has(undefined) ? words : (roles as ReadonlySet<string>)),
    groups: () => (joinsGroups ? words : new Set()),
    read(path) {
      if (!/\.ya?ml$/.test(path) || !findStats(path)?.isFile()) return
      const text = readText(path)
      for (const [word] of text.matchAll(/[\w-]+(?:\.[\w-]+)*/g)) words.add(word).add(word.split('.').slice(0, 2).join('.'))
      for (const name of findRoleNames(text)) roles.add(name)
      joinsGroups ||= /\b(group_by|add_host)\b/.test(text)
      // Ansible searches from the folder of the playbook, and from that of the file.
      for (const [named] of text.matchAll(/\.\.\/[^\s'"#:,|}\])]*/g)) {
        for (const from of [folder, dirname(path)]) addNamed(resolve(from, named))
        if (path === join(folder, familyFile)) search.add(suiteFolder(project, resolve(folder, named)))
      }
    },
    add(path) {
      if (seen.has(path) || !(isReadable ? isElsewhere(path, folder) : isShared(path, { folder, project }))) return
      seen.add(path)
      const stats = findStats(path)
      if (stats?.isDirectory()) for (const file of listFiles(path, { isLenient: isReadable })) search.add(join(path, file))
      if (!stats?.isFile()) return
      files.push(path)
      search.read(path)
    },
    files,
  }
  const addNamed = (path: string): void => {
    search.add(path)
    if (isReadable && isBelow(project, path)) search.add(dirname(path))
  }
  return search
}

/** A file of tests in `common/` uses the files beside it; the folder of such a file, else the path itself. */
function suiteFolder(project: string, path: string): string {
  const isFile = findStats(path)?.isFile()
  return isFile && isBelow(join(project, 'common'), path) ? dirname(path) : path
}

/** Whether a path is in the project, also after following links, and neither in the folder of the family nor a folder around it. */
function isShared(path: string, { folder, project }: { readonly folder: string; readonly project: string }): boolean {
  if (!isBelow(project, path) || !isElsewhere(path, folder)) return false
  try {
    return isBelow(realpathSync(project), realpathSync(path))
  } catch {
    return false
  }
}

/** Whether a path is neither in the folder of the family nor a folder around it. */
function isElsewhere(path: string, folder: string): boolean {
  return path !== folder && !isBelow(folder, path) && !isBelow(path, folder)
}

function isBelow(folder: string, path: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`)
}

/** The folders of a search path of Ansible. */
function searchPath(folder: string, keys: readonly string[], variable: string): string[] {
  const find = settingsOf(folder)
  const given = keys.map((key) => find('defaults', key, variable)).find((value) => value !== undefined)
  return given ? listPaths(given).map((path) => path.replace(/^~(?=\/|$)/, homedir())) : []
}
