import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { findVariable } from './environment.ts'

/** The folder of the project, with `playbooks/`, `src/` and `Pulumi.yaml`. `BAKEHOUSE_PROJECT` overrides it. */
export function projectFolder(): string {
  return resolve(findVariable('BAKEHOUSE_PROJECT') ?? join(import.meta.dirname, '../..'))
}

/** The folder of the source of this program. It does not depend on the project. */
export function sourceFolder(): string {
  return resolve(import.meta.dirname, '..')
}

/** The folder that contains the folders of families. */
export function playbooksFolder(): string {
  return join(projectFolder(), 'playbooks')
}

/** The folder of state, records and images of this project: `.bakehouse/`, or `$BAKEHOUSE_HOME`. */
export function homeFolder(): string {
  return resolve(findVariable('BAKEHOUSE_HOME') ?? join(projectFolder(), '.bakehouse'))
}

/** The build folder: record, logs and reports of one build. */
export function buildFolder(family: string, version: string): string {
  return join(homeFolder(), 'builds', family, version)
}

/** The folder of promoted images, candidates and disks of machines of the local cloud. */
export function imagesFolder(): string {
  return join(homeFolder(), 'images')
}

/** The cache that all projects share: engine, Ansible venv, base disks, VM snapshots; by version and hash. */
export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'bakehouse')
}
