import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

/**
 * The folders with settings and variables of Ansible for a family, the nearest first: its own, then those that all families of the project
 * share: `playbooks/`, `common/` and the folder of the project.
 */
export function ansibleFolders(family: string): string[] {
  return ['.', '..', '../../common', '../..'].map((path) => resolve(family, path))
}

/** The settings file of a family: that of the environment, else the nearest `ansible.cfg`; undefined if there is none. */
export function findSettingsFile(family: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (env.ANSIBLE_CONFIG) return resolve(family, env.ANSIBLE_CONFIG)
  return ansibleFolders(family)
    .map((folder) => join(folder, 'ansible.cfg'))
    .find((path) => existsSync(path))
}

/** Folders that Ansible searches for variables: beside a playbook, and beside an inventory. */
export const variableFolders = ['group_vars', 'host_vars'] as const

/** The shared folders with variables. A folder has precedence over the folders before it; the folder of the family, over all of them. */
export function listVariableRoots(family: string): string[] {
  const [, ...shared] = ansibleFolders(family)
  return shared.reverse().filter((folder) => variableFolders.some((name) => existsSync(join(folder, name))))
}
