import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { findProcess, findStat, isRunning, type ProcessIdentity } from './process-identity.ts'

/**
 * Ends the other processes of a session (setsid(2)): sends SIGTERM, and SIGKILL to those that still run after `graceMs`. A process that
 * started its own session is not ended. Does nothing without /proc.
 */
export async function endSession(leader: number, graceMs = 2000): Promise<void> {
  const found = findMembers(leader)
  for (const { pid } of found) signalProcess(pid, 'SIGTERM')
  for (let waited = 0; waited < graceMs && found.some(isRunning); waited += 100) await sleep(100)
  for (const { pid } of findMembers(leader)) signalProcess(pid, 'SIGKILL')
}

function findMembers(leader: number): ProcessIdentity[] {
  return listPids().flatMap((pid) => (pid !== process.pid && findStat(pid)?.session === leader ? (findProcess(pid) ?? []) : []))
}

function listPids(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
  } catch {
    return []
  }
}

/** Sends a signal. Does nothing if the process has ended. */
export function signalProcess(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended.
  }
}
