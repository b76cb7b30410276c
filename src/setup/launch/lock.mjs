import { linkSync, mkdirSync, readFileSync, readlinkSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'

/** After this time without renewal, the lock of another computer or container counts as orphaned, in ms. As in core/lock.ts. */
const renewedWithin = 120_000

/**
 * Runs `action` while no other set-up of this project runs. Waits for another one. Replaces the lock of a process that has ended; whether
 * it has is known by its process ID in the same PID namespace only, and by the renewal of the lock otherwise.
 */
export async function withLock(home, action, place = readPlace()) {
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const lock = join(home, 'setup.lock')
  const mine = `${process.pid} ${place}`
  for (let tries = 0; !tryLock(lock, mine); tries++) {
    const owner = findText(lock)
    if (owner !== undefined && isOver(lock, owner, place)) breakLock(lock, owner)
    else if (tries % 60 === 0) process.stderr.write(`Another set-up is running (process ${owner}): waiting for it\n`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  const renewing = setInterval(() => renew(lock, mine), 10_000)
  try {
    await action()
  } finally {
    clearInterval(renewing)
    rmSync(lock, { force: true })
  }
}

/** Where this process runs: host name, start of the computer, and PID namespace. Each container has its own namespace. */
function readPlace() {
  return ['on', hostname(), (findText('/proc/sys/kernel/random/boot_id') ?? '').slice(0, 13), readNamespace()].join(' ').trim()
}

// A hard link appears together with its content, so the lock file always contains its owner.
function tryLock(lock, owner) {
  const mine = `${lock}.${process.pid}`
  writeFileSync(mine, owner)
  try {
    linkSync(mine, lock)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(mine, { force: true })
  }
}

/** Whether the owner of a lock has ended. An earlier version wrote only the process ID. */
function isOver(lock, owner, place) {
  const [, pid = '', where = ''] = /^(\d+) ?(.*)$/.exec(owner) ?? []
  return where === place || where === '' ? !isRunning(Number(pid)) : ageOf(lock) > renewedWithin
}

/** The age of a lock in ms, by the clock of the file system, which may be that of another computer. */
function ageOf(lock) {
  const now = `${lock}.${process.pid}.now`
  try {
    writeFileSync(now, '')
    return statSync(now).mtimeMs - statSync(lock).mtimeMs
  } catch {
    return 0
  } finally {
    rmSync(now, { force: true })
  }
}

/** Replaces the lock, so that its time comes from the clock of the file system and a reader sees whole text. */
function renew(lock, owner) {
  const aside = `${lock}.${process.pid}.renewed`
  try {
    if (findText(lock) !== owner) return
    writeFileSync(aside, owner)
    renameSync(aside, lock)
  } catch {
    // The next renewal tries again.
  }
}

/** Removes the lock of a process that has ended. If another process has taken the lock in the meantime, puts that lock back. */
function breakLock(lock, owner) {
  const aside = `${lock}.${process.pid}.dead`
  try {
    renameSync(lock, aside)
    if (findText(aside) !== owner) linkSync(aside, lock)
  } catch {
    // Another process has removed or replaced the lock.
  }
  rmSync(aside, { force: true })
}

function isRunning(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function readNamespace() {
  try {
    return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')
  } catch {
    return ''
  }
}

function findText(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
