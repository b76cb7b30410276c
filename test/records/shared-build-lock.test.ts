import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { lockedFamily, ownerHere, whyLockIsStale } from '../../src/records/shared-build-lock.ts'

const mine = ownerHere(new Date(Date.now() + 60_000).toISOString())
const elsewhere = { host: 'other', machine: '', boot: 'other', namespace: '1' }
const gone = { ...mine, pid: spawnSync('true').pid }

test.each([
  ['a running process of this computer', mine, undefined],
  ['a process of this computer that has ended', gone, `process ${gone.pid} has ended`],
  ['a process on another computer', { ...gone, place: elsewhere }, undefined],
  ['any process, after it has expired', { ...mine, place: elsewhere, expires: '2026-01-01T00:00:00Z' }, 'expired 2026-01-01T00:00:00Z'],
  ['no process', undefined, 'it does not name its owner'],
])('whether the build lock of %s may be removed', (_whose, owner, expected) => {
  expect(whyLockIsStale(owner)).toBe(expected)
})

test.each([
  ['lease.linux-base', 'linux-base'],
  ['linux-base', undefined],
  ['linux-base-2026.11.23', undefined],
])('the stack %s is the build lock of %s', (name, family) => {
  expect(lockedFamily(name)).toBe(family)
})

test('a label is not longer than backends allow', () => {
  expect(JSON.stringify({ ...mine, place: { ...mine.place, host: 'x'.repeat(64) } }).length).toBeLessThan(256)
})
