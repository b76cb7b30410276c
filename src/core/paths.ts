import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { findVariable } from './environment.ts'

/** The folder of the project: what holds `playbooks/`, `src/` and `Pulumi.yaml`. `BAKEHOUSE_PROJECT` overrides. */
export function projectFolder(): string {
  return resolve(findVariable('BAKEHOUSE_PROJECT') ?? join(import.meta.dirname, '../..'))
}

/** The folder of the program's own source, whatever project it works for. */
export function sourceFolder(): string {
  return resolve(import.meta.dirname, '..')
}

/** Where families live, one folder each. */
export function playbooksFolder(): string {
  return join(projectFolder(), 'playbooks')
}

/** The state, records and images of this project: `.bakehouse/`, or `$BAKEHOUSE_HOME`. */
export function homeFolder(): string {
  return resolve(findVariable('BAKEHOUSE_HOME') ?? join(projectFolder(), '.bakehouse'))
}

/** The records, logs and reports of one build. */
export function buildFolder(family: string, version: string): string {
  return join(homeFolder(), 'builds', family, version)
}

/** Promoted, candidate and running disks of the local cloud. */
export function imagesFolder(): string {
  return join(homeFolder(), 'images')
}

/** What clones share: engine, Ansible venv, base disks, warm snapshots; keyed by version and hash. */
export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'bakehouse')
}
