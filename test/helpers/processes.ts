import { readdirSync, readFileSync } from 'node:fs'
import { findProcess, findStat, type ProcessIdentity } from '../../src/core/process-identity.ts'

/** A process with its parent and its command line. */
export interface Descendant extends ProcessIdentity {
  readonly parent: number
  readonly command: string
}

/** All descendants of this process, children first. */
export function findDescendants(root: number): Descendant[] {
  const all = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (readProcess(Number(name)) ?? []) : []))
  const below: Descendant[] = []
  for (let parents = [root]; parents.length > 0; ) {
    const next = all.filter(({ parent }) => parents.includes(parent))
    below.push(...next)
    parents = next.map(({ pid }) => pid)
  }
  return below
}

/** The process whose PID is in a file; undefined while the file does not exist. */
export function identityIn(file: string): ProcessIdentity | undefined {
  try {
    return findProcess(Number(readFileSync(file, 'utf8')))
  } catch {
    return undefined
  }
}

function readProcess(pid: number): Descendant | undefined {
  try {
    const [identity, stat] = [findProcess(pid), findStat(pid)]
    return (
      identity && stat && { ...identity, parent: stat.parent, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') }
    )
  } catch {
    return undefined
  }
}
