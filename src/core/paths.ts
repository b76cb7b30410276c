import { homedir } from 'node:os'
import { extname, join, resolve } from 'node:path'
import { findVariable } from './environment.ts'
import { findProject } from './find-project.ts'

/** Whether this is the compiled program of the npm package. In a clone, Node runs the TypeScript source. */
export const isPackage = extname(import.meta.filename) === '.js'

/**
 * The folder of the project, which contains `playbooks/`: `$BAKEHOUSE_PROJECT`, or the nearest folder with a project from the current one
 * upwards, or the current folder. In a clone, it is the clone.
 */
export function projectFolder(): string {
  return resolve(findVariable('BAKEHOUSE_PROJECT') ?? (isPackage ? (findProject(process.cwd()) ?? process.cwd()) : packageFolder()))
}

/** The folder of the code of this program: `src/` of a clone, or `dist/src/` of the package. It does not depend on the project. */
export function sourceFolder(): string {
  return resolve(import.meta.dirname, '..')
}

/** The folder of this program with its `package.json`. */
export function packageFolder(): string {
  return join(sourceFolder(), isPackage ? '../..' : '..')
}

/** The path of a program in the folder of the module that calls this: source in a clone, JavaScript in the package. */
export function programBeside({ dirname, filename }: ImportMeta, name: string): string {
  return join(dirname, `${name}${extname(filename)}`)
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
