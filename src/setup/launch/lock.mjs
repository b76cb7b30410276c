import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Runs `action` while no other set-up of this project runs. Waits for another one. Replaces a lock whose process has ended. */
export async function underLock(home, action) {
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const lock = join(home, 'setup.lock')
  for (let tries = 0; !tryLock(lock); tries++) {
    const owner = findText(lock)
    if (owner !== undefined && !isRunning(Number(owner))) breakLock(lock, owner)
    else if (tries % 60 === 0) process.stderr.write(`Another set-up is under way (pid ${owner}): waiting for it\n`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  try {
    await action()
  } finally {
    rmSync(lock, { force: true })
  }
}

// A hard link appears together with its content, so the lock file always contains the process ID of its owner.
function tryLock(lock) {
  const mine = `${lock}.${process.pid}`
  writeFileSync(mine, String(process.pid))
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

function findText(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
