import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { withLock } from '../../src/core/lock.ts'
import { currentOwner, describeOwner, judgeOwner, type LockOwner } from '../../src/core/lock-owner.ts'

const here = { host: 'build', machine: 'abc', boot: 'boot-1', namespace: '4026531836' }
const dead = { pid: spawnSync('true').pid, started: '1' }

describe('the owner of a lock', () => {
  it.each([
    ['this process', { ...currentOwner(), place: here }, 'running'],
    ['a process of this computer that has ended', { ...dead, place: here }, 'gone'],
    ['a process in a lock of an earlier version, without a place', dead, 'gone'],
    ['a process in another container', { ...dead, place: { ...here, namespace: '4026532999' } }, 'unknown'],
    [
      'a process on another computer',
      { ...dead, place: { host: 'other', machine: 'def', boot: 'boot-9', namespace: '4026531836' } },
      'unknown',
    ],
    ['a process before the last restart of this computer', { ...dead, place: { ...here, boot: 'boot-0' } }, 'gone'],
    [
      'a process on a computer with the same name and without machine-id',
      { ...dead, place: { ...here, machine: '', boot: 'boot-0' } },
      'unknown',
    ],
  ] as const)('that is %s counts as %s', (_who, owner: LockOwner, state) => {
    expect(judgeOwner(owner, here)).toBe(state)
  })

  it('is printed with the name of its computer', () => {
    expect(describeOwner({ ...dead, pid: 12, place: here })).toBe('process 12 on build')
    expect(currentOwner().place?.namespace).toMatch(process.platform === 'linux' ? /^\d+$/ : /^$/)
  })
})

describe('a lock', () => {
  let folder: string
  let file: string
  const foreign = JSON.stringify({ ...dead, place: { ...here, boot: 'another', machine: '' } })
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lock-'))
    file = join(folder, 'a.lock')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('does not use a file that a process with the same PID in another container may use', async () => {
    mkdirSync(`${file}.${process.pid}`)
    expect(
      await withLock(
        file,
        () => {},
        async () => 'done',
      ),
    ).toBe('done')
  })

  it('of another container is respected while it is renewed', async () => {
    writeFileSync(file, foreign)
    const said: string[] = []
    let ran = false
    const waiting = withLock(
      file,
      (text) => said.push(text),
      async () => {
        ran = true
      },
    )
    await sleep(500)
    expect([ran, readFileSync(file, 'utf8')]).toEqual([false, foreign])
    expect(said[0]).toContain(`process ${dead.pid} on build`)
    rmSync(file)
    await waiting
    expect(ran).toBe(true)
    expect(readdirSync(folder)).toEqual([])
  })

  it('of another container is replaced if it has not been renewed for minutes', async () => {
    writeFileSync(file, foreign)
    utimesSync(file, new Date(), new Date(Date.now() - 180_000))
    expect(
      await withLock(
        file,
        () => {},
        async () => 'mine',
      ),
    ).toBe('mine')
  })
})
