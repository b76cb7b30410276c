import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The home folder of a project with one build of a family. */
export interface OneBuild {
  readonly home: string
  readonly family: string
  /** The version of that build: `2026.11.23`, without a number at the end. */
  readonly version: string
}

/** Folders of the home folder in which names of files and folders contain the version of a build. */
const perBuild = ['builds', 'images', 'state/.pulumi/stacks', 'state/.pulumi/history', 'state/.pulumi/backups'] as const

/**
 * Adds files as if the project had `to` builds: copies all files of the existing build with older versions in names and content, and
 * copies the updates of the family stack. `from` is the number of builds that exist already.
 */
export function growHome(build: OneBuild, { from, to }: { from: number; to: number }): void {
  for (let count = from + 1; count <= to; count++) {
    for (const folder of perBuild) copyVersion(join(build.home, folder), build.version, olderVersion(count))
    copyUpdates(build, count)
  }
}

/** The version for a number. Its day is before the day of any real build. */
function olderVersion(count: number): string {
  return count === 1 ? '2025.01.01' : `2025.01.01-${count}`
}

/** Copies each file and folder below `folder` whose name contains the version. Disk images are replaced by small files. */
function copyVersion(folder: string, version: string, to: string): void {
  for (const entry of list(folder)) {
    const path = join(folder, entry.name)
    if (isOf(entry.name, version)) copyRenamed(path, join(folder, entry.name.replace(version, to)), { version, to })
    else if (entry.isDirectory() && !/\d{4}\.\d{2}\.\d{2}/.test(entry.name)) copyVersion(path, version, to)
  }
}

function isOf(name: string, version: string): boolean {
  return name.includes(version) && !name.includes(`${version}-`)
}

function copyRenamed(source: string, target: string, versions: { version: string; to: string }): void {
  const entries = list(source)
  if (entries.length > 0) mkdirSync(target, { recursive: true })
  for (const entry of entries) {
    copyRenamed(join(source, entry.name), join(target, entry.name.replace(versions.version, versions.to)), versions)
  }
  if (entries.length > 0) return
  if (source.endsWith('.qcow2')) writeFileSync(target, 'a disk that is not read')
  else if (/\.(json|bak|jsonl|html|xml|log)$/.test(source)) {
    writeFileSync(target, readFileSync(source, 'utf8').replaceAll(versions.version, versions.to))
  } else cpSync(source, target, { recursive: true })
}

/** Copies an update in the history of the family stack: two files, named after the time of the update. */
function copyUpdates({ home, family }: OneBuild, count: number): void {
  const folder = join(home, 'state/.pulumi/history/bakehouse', family)
  const [first] = list(folder).filter(({ name }) => name.endsWith('.history.json'))
  const time = /\d{15,}/.exec(first?.name ?? '')?.[0]
  if (time === undefined) throw new Error(`${folder} has no history of updates`)
  const older = String(BigInt(time) - BigInt(count) * 1_000_000_000n)
  for (const { name } of list(folder).filter((each) => each.name.includes(time))) {
    cpSync(join(folder, name), join(folder, name.replace(time, older)))
  }
}

function list(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
}
