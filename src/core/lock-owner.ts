import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { findProcess, isRunning, type ProcessIdentity } from './process-identity.ts'

/** Where a process runs: its pid means something only there. */
export interface Place {
  readonly host: string
  /** A digest of `/etc/machine-id`; empty where there is none, as in many containers. */
  readonly machine: string
  /** The boot of the kernel: another one after a restart, the same one in all containers of a computer. */
  readonly boot: string
  /** The pid namespace: each container has one of its own. */
  readonly namespace: string
}

/** The process that holds a lock. Without a place it was written by an earlier version, on this computer. */
export interface LockOwner extends ProcessIdentity {
  readonly place?: Place
}

/** This process as the owner of a lock. */
export function currentOwner(): LockOwner {
  return { ...(findProcess(process.pid) ?? { pid: process.pid, started: '' }), place: readPlace() }
}

/**
 * Whether the owner of a lock runs, is gone, or cannot be judged from here, because it ran in another container or on another
 * computer. Only an owner that is gone may lose its lock.
 */
export function judgeOwner(owner: LockOwner, here = readPlace()): 'running' | 'gone' | 'unknown' {
  const { place } = owner
  if (!place || (place.boot === here.boot && place.namespace === here.namespace)) return isRunning(owner) ? 'running' : 'gone'
  return hasRestarted(place, here) ? 'gone' : 'unknown'
}

/** An owner in words. */
export function describeOwner({ pid, place }: LockOwner): string {
  return place ? `process ${pid} on ${place.host}` : `process ${pid}`
}

/** Whether the owner ran on this very computer, outside any container, before its last restart. */
function hasRestarted(place: Place, here: Place): boolean {
  const isSameComputer = place.machine !== '' && place.machine === here.machine && place.host === here.host
  return isSameComputer && place.boot !== here.boot && [place, here].every(({ namespace }) => namespace === firstNamespace)
}

/** The pid namespace that a kernel starts with has the same number on every computer (`PROC_PID_INIT_INO`). */
const firstNamespace = '4026531836'

function readPlace(): Place {
  return {
    host: hostname(),
    machine: digest(readOr('/etc/machine-id')),
    boot: readOr('/proc/sys/kernel/random/boot_id').slice(0, 13),
    namespace: readNamespace(),
  }
}

/** Short, because some backends keep 256 characters of an owner; a machine-id itself is confidential, says machine-id(5). */
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

function readNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')
  } catch {
    return ''
  }
}
