import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { readPidNamespace } from './lock-file.mjs'
import { findProcess, isRunning, type ProcessIdentity } from './process-identity.ts'

/** The place where a process runs. A process ID is valid only there. */
export interface Place {
  readonly host: string
  /** A digest of `/etc/machine-id`; empty if the file does not exist, as in many containers. */
  readonly machine: string
  /** The boot ID of the kernel. It changes with each restart, and is the same in all containers of a computer. */
  readonly boot: string
  /** The PID namespace. Each container has its own. */
  readonly namespace: string
}

/** The process that holds a lock. If `place` is absent, an earlier version wrote the lock, on this computer. */
export interface LockOwner extends ProcessIdentity {
  readonly place?: Place
}

/** This process as the owner of a lock. */
export function currentOwner(): LockOwner {
  return { ...(findProcess(process.pid) ?? { pid: process.pid, started: '' }), place: readPlace() }
}

/** The owner of a lock, from its text; undefined if the text is damaged. */
export function parseOwner(text: string): LockOwner | undefined {
  try {
    return JSON.parse(text) as LockOwner
  } catch {
    return undefined
  }
}

/**
 * Whether the owner of a lock runs or has ended (`gone`). It is `unknown` if the owner is in another container or on another computer.
 * Only the lock of an owner that has ended may be replaced.
 */
export function judgeOwner(owner: LockOwner, here = readPlace()): 'running' | 'gone' | 'unknown' {
  const { place } = owner
  if (!place || (place.boot === here.boot && place.namespace === here.namespace)) return isRunning(owner) ? 'running' : 'gone'
  return hasRestarted(place, here) ? 'gone' : 'unknown'
}

/** An owner as text: `process 17 on build-1`. */
export function describeOwner({ pid, place }: LockOwner): string {
  return place ? `process ${pid} on ${place.host}` : `process ${pid}`
}

/** Whether the owner ran on this computer, outside of containers, before the computer was restarted. */
function hasRestarted(place: Place, here: Place): boolean {
  const isSameComputer = place.machine !== '' && place.machine === here.machine && place.host === here.host
  return isSameComputer && place.boot !== here.boot && [place, here].every(({ namespace }) => namespace === firstNamespace)
}

/** The PID namespace outside of containers. Linux gives it the same number on every computer (`PROC_PID_INIT_INO`). */
const firstNamespace = '4026531836'

function readPlace(): Place {
  return {
    host: hostname(),
    machine: digest(readOr('/etc/machine-id')),
    boot: readOr('/proc/sys/kernel/random/boot_id').slice(0, 13),
    namespace: readPidNamespace(),
  }
}

/** A digest, because a machine-id is confidential (machine-id(5)). Only 12 characters, because some backends store at most 256 per lock. */
function digest(text: string): string {
  return text === '' ? '' : createHash('sha256').update(text).digest('hex').slice(0, 12)
}

function readOr(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return ''
  }
}
