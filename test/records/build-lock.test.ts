import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { currentOwner } from '../../src/core/lock-owner.ts'
import { findProcess } from '../../src/core/process-identity.ts'
import { acquireBuildLock, readBuildLocks } from '../../src/records/build-lock.ts'

describe('the build lock of a family', () => {
  let home: string
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'build-lock-'))
    process.env.BAKEHOUSE_HOME = home
  })
  afterEach(() => {
    delete process.env.BAKEHOUSE_HOME
    rmSync(home, { recursive: true })
  })

  it('is refused while its owner runs, and the error names the owner', () => {
    using _mine = acquireBuildLock('web')
    expect(() => acquireBuildLock('web')).toThrow(`pid ${process.pid}`)
  })

  it('does not lock other families', () => {
    using _web = acquireBuildLock('web')
    using other = acquireBuildLock('db')
    expect(existsSync(other.file)).toBe(true)
  })

  it('can be taken again after it was given back', () => {
    acquireBuildLock('web')[Symbol.dispose]()
    using again = acquireBuildLock('web')
    expect(existsSync(again.file)).toBe(true)
  })

  it('is replaced if its process has ended', async () => {
    const child = spawn('sleep', ['60'])
    const identity = findProcess(child.pid as number)
    child.kill('SIGKILL')
    await new Promise((done) => child.once('close', done))
    writeLock('web', identity)
    using lock = acquireBuildLock('web')
    expect(existsSync(lock.file)).toBe(true)
  })

  it('is not replaced if its process is in another container, and the error has a hint', () => {
    const owner = currentOwner()
    writeLock('web', { ...owner, pid: 1, started: '1', place: { ...owner.place, namespace: '1' } })
    expect(() => acquireBuildLock('web')).toThrow(/being built by another process \(pid 1\), on another computer or in another container/)
    expect(existsSync(join(home, 'leases/web.json'))).toBe(true)
  })

  it('is replaced if its PID now belongs to another process', () => {
    writeLock('web', { pid: process.pid, started: '1' })
    using lock = acquireBuildLock('web')
    expect(existsSync(lock.file)).toBe(true)
  })

  it('is replaced if its file is damaged', () => {
    writeLock('web', undefined)
    using lock = acquireBuildLock('web')
    expect(existsSync(lock.file)).toBe(true)
  })

  it('does not prevent the others from being read if its file is damaged or being written', async () => {
    using _web = acquireBuildLock('web')
    writeLock('db', undefined)
    writeFileSync(join(home, 'leases/app.json.partial'), '')
    expect((await readBuildLocks()).map(({ family }) => family)).toEqual(['web'])
  })

  function writeLock(family: string, owner: unknown): void {
    mkdirSync(join(home, 'leases'), { recursive: true })
    writeFileSync(join(home, 'leases', `${family}.json`), owner === undefined ? '{' : JSON.stringify(owner))
  }
})
