import { mkdirSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { holdLockFile, isLockFileOld, readPidNamespace } from '../../core/lock-file.mjs'

/**
 * Runs `action` while no other set-up of this project runs. Waits for another one. Replaces the lock of a process that has ended; whether
 * it has is known by its process ID in the same PID namespace only, and by the renewal of the lock otherwise.
 */
export async function withLock(home, action, place = readPlace()) {
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const lock = join(home, 'setup.lock')
  let tries = 0
  const holder = {
    owner: `${process.pid} ${place}`,
    isOver: (owner) => isOver(lock, owner, place),
    onWait(owner) {
      if (tries++ % 120 === 0) process.stderr.write(`Another set-up is running (process ${owner}): waiting for it\n`)
    },
  }
  await holdLockFile(lock, holder, action)
}

/** Where this process runs: host name, start of the computer, and PID namespace. */
function readPlace() {
  return ['on', hostname(), readBootId().slice(0, 13), readPidNamespace()].join(' ').trim()
}

function readBootId() {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')
  } catch {
    return ''
  }
}

/** Whether the owner of a lock has ended. An earlier version wrote only the process ID. */
function isOver(lock, owner, place) {
  const [, pid = '', where = ''] = /^(\d+) ?(.*)$/.exec(owner) ?? []
  return where === place || where === '' ? !isRunning(Number(pid)) : isLockFileOld(lock)
}

function isRunning(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
