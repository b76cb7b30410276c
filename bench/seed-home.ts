import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The home of a project in which one build of a family has been made. */
export interface OneBuild {
  readonly home: string
  readonly family: string
  /** `2026.11.23`, without a count. */
  readonly version: string
}

/** Folders of the home with files or folders that carry a build's version in their names. */
const perBuild = ['builds', 'images', 'state/.pulumi/stacks', 'state/.pulumi/history', 'state/.pulumi/backups'] as const

/**
 * Makes it the home of so many builds, as if each had been made: whatever the one left under its version is copied under an
 * older one, in name and content, and the updates of the family's stack are told as often. `from` are there already.
 */
export function growHome(build: OneBuild, { from, to }: { from: number; to: number }): void {
  for (let count = from + 1; count <= to; count++) {
    for (const folder of perBuild) copyVersion(join(build.home, folder), build.version, olderVersion(count))
    copyUpdates(build, count)
  }
}

/** Of a day long before any build that is made now. */
function olderVersion(count: number): string {
  return count === 1 ? '2025.01.01' : `2025.01.01-${count}`
}

/** Copies each file and folder below that has the version in its name, at whatever depth it is; the disks stay small. */
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
  if (source.endsWith('.qcow2')) writeFileSync(target, 'a disk that nobody reads')
  else if (/\.(json|bak|jsonl|html|xml|log)$/.test(source)) {
    writeFileSync(target, readFileSync(source, 'utf8').replaceAll(versions.version, versions.to))
  } else cpSync(source, target, { recursive: true })
}

/** The history of the family's stack: two files an update, named after the time. */
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
