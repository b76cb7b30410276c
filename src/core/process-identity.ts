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
  try {
    // proc(5): the command, in parentheses, may hold spaces; the start time is the 20th field after it.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined
    return { pid, started: fields[19] ?? '' }
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
