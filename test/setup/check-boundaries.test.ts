import { chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { checkGuestNetwork, checkLocalUsers } from '../../src/setup/check-boundaries.ts'

it('doctor reports whether QEMU can filter the network of guests', async () => {
  expect(await checkGuestNetwork('qemu-system-x86_64')).toMatchObject({ status: 'ok' })
  const without = await checkGuestNetwork('qemu-system-x86_64', 'nonesuch')
  expect(without).toMatchObject({ status: 'missing', detail: 'this QEMU cannot filter the network of a guest' })
})

it.runIf(process.getuid?.() === 0)('doctor warns of processes of other people, but not of system accounts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'processes-'))
  const addProcess = (pid: string, uid: number): void => {
    mkdirSync(join(folder, pid))
    chownSync(join(folder, pid), uid, uid)
  }
  for (const [pid, uid] of [
    ['1', 0],
    ['2', 100],
    ['3', 65_534],
  ] as const)
    addProcess(pid, uid)
  expect(checkLocalUsers(folder)).toMatchObject({ status: 'ok' })
  addProcess('4', 1001)
  expect(checkLocalUsers(folder)).toMatchObject({ status: 'warning', detail: expect.stringContaining('user ids 1001') })
  rmSync(folder, { recursive: true })
})
