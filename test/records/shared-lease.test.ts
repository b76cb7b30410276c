import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { leasedFamily, ownerHere, whyLeaseIsOver } from '../../src/records/shared-lease.ts'

const mine = ownerHere(new Date(Date.now() + 60_000).toISOString())
const elsewhere = { host: 'other', machine: '', boot: 'other', namespace: '1' }
const gone = { ...mine, pid: spawnSync('true').pid }

test.each([
  ['a process that runs here', mine, undefined],
  ['a process of this machine that is gone', gone, `process ${gone.pid} is gone`],
  ['a process elsewhere, of which nothing is known', { ...gone, place: elsewhere }, undefined],
  ['whoever it was, once it has expired', { ...mine, place: elsewhere, expires: '2026-01-01T00:00:00Z' }, 'expired 2026-01-01T00:00:00Z'],
  ['nobody', undefined, 'it names nobody'],
])('a lease of %s', (_whose, owner, expected) => {
  expect(whyLeaseIsOver(owner)).toBe(expected)
})

test.each([
  ['lease.linux-base', 'linux-base'],
  ['linux-base', undefined],
  ['linux-base-2026.11.23', undefined],
])('the stack %s is the lease of %s', (name, family) => {
  expect(leasedFamily(name)).toBe(family)
})

test('a label fits into what backends keep of one', () => {
  expect(JSON.stringify({ ...mine, place: { ...mine.place, host: 'x'.repeat(64) } }).length).toBeLessThan(256)
})
