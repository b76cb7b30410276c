import { expect, it } from 'vitest'
import { checkGuestNetwork, checkLocalUsers, judgeOwners } from '../../src/setup/check-boundaries.ts'

it('doctor reports whether QEMU can filter the network of guests', async () => {
  expect(await checkGuestNetwork('qemu-system-x86_64')).toMatchObject({ status: 'ok' })
  const without = await checkGuestNetwork('qemu-system-x86_64', 'nonesuch')
  expect(without).toMatchObject({ status: 'missing', detail: 'this QEMU cannot filter the network of a guest' })
})

it.each([
  ['of the user', [1000], 'ok', 'no other user'],
  ['of system accounts, nobody and user namespaces', [0, 100, 65_534, 165_536], 'ok', 'no other user'],
  ['of another person', [0, 1000, 1002, 1001, 1002], 'warning', 'user ids 1001, 1002'],
] as const)('doctor warns only of processes of other people: processes %s', (_whose, owners, status, detail) => {
  expect(judgeOwners(owners, 1000)).toMatchObject({ status, detail: expect.stringContaining(detail) })
  expect(['ok', 'warning']).toContain(checkLocalUsers().status)
})
