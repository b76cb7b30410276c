import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { findVariable, type VariableName } from './environment.ts'
import { findProcess, findStat, isRunning, type ProcessIdentity } from './process-identity.ts'

/** A running process with a variable in the environment that it started with. Its children have the variable too. */
export interface MarkedProcess extends ProcessIdentity {
  readonly parent: number
  /** The value of the variable. */
  readonly value: string
  /** The words of its command line. */
  readonly command: readonly string[]
}

/**
 * The processes of this user with this variable, without this process. Unlike a session or a process group, a process cannot leave this
 * set by `setsid`, as the workers of Ansible do, or by the end of its parent. Empty without /proc.
 */
export function findMarked(name: VariableName): MarkedProcess[] {
  return listPids().flatMap((pid) => readMarked(pid, name) ?? [])
}

/** Ends processes: sends SIGTERM, and SIGKILL to those that still run after `graceMs`. `find` is called again for children of these. */
export async function endProcesses(find: () => readonly ProcessIdentity[], graceMs = 2000): Promise<void> {
  const found = find()
  for (const { pid } of found) signalProcess(pid, 'SIGTERM')
  for (let waited = 0; waited < graceMs && found.some(isRunning); waited += 100) await sleep(100)
  for (const { pid } of find()) signalProcess(pid, 'SIGKILL')
}

/** Ends the other processes with the `BAKEHOUSE_STEP` of this one: those that it started, and those below them. Takes up to 2 s. */
export async function endChildren(): Promise<void> {
  const mark = findVariable('BAKEHOUSE_STEP')
  if (mark !== undefined) await endProcesses(() => findMarked('BAKEHOUSE_STEP').filter(({ value }) => value === mark))
}

/** Sends a signal. Does nothing if the process has ended. */
export function signalProcess(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended.
  }
}

function listPids(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => pid !== process.pid)
  } catch {
    return []
  }
}

function readMarked(pid: number, name: VariableName): MarkedProcess | undefined {
  try {
    const folder = `/proc/${pid}`
    if (statSync(folder).uid !== process.getuid?.()) return undefined
    const entry = readWords(`${folder}/environ`).find((word) => word.startsWith(`${name}=`))
    // In another PID namespace, the process IDs in the value would mean other processes.
    if (entry === undefined || readlinkSync(`${folder}/ns/pid`) !== readlinkSync('/proc/self/ns/pid')) return undefined
    const [identity, stat] = [findProcess(pid), findStat(pid)]
    if (!identity || !stat) return undefined
    return { ...identity, parent: stat.parent, value: entry.slice(name.length + 1), command: readWords(`${folder}/cmdline`) }
  } catch {
    // It has ended, or this user may not read it.
    return undefined
  }
}

function readWords(file: string): string[] {
  return readFileSync(file, 'utf8').split('\0')
}
