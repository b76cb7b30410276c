import { readFileSync } from 'node:fs'

/** Identifies a process, also if another process gets its pid later. */
export interface ProcessIdentity {
  readonly pid: number
  /** Start time of the process from the kernel; empty if the platform does not provide it. */
  readonly started: string
}

/** The identity of a running process; undefined if no process has this pid. */
export function findProcess(pid: number): ProcessIdentity | undefined {
  if (process.platform !== 'linux') return isSignalable(pid) ? { pid, started: '' } : undefined
  const { state, started } = findStat(pid) ?? {}
  return started === undefined || state === 'Z' || state === 'X' ? undefined : { pid, started }
}

/** Fields of `/proc/<pid>/stat`, see proc(5). */
export interface ProcessStat {
  /** One letter: `Z` and `X` are processes that have ended. */
  readonly state: string
  readonly parent: number
  readonly session: number
  readonly started: string
}

/** The state of a process from /proc; undefined if no process has this pid, or there is no /proc. */
export function findStat(pid: number): ProcessStat | undefined {
  try {
    // The command, in parentheses, may contain spaces. These are the fields after it.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] ?? '', parent: Number(fields[1]), session: Number(fields[3]), started: fields[19] ?? '' }
  } catch {
    return undefined
  }
}

/** Whether exactly this process still runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  return findProcess(identity.pid)?.started === identity.started
}

function isSignalable(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
