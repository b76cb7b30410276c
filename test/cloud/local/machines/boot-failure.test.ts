import { expect, it } from 'vitest'
import { CpuTooOld, findBootFailure } from '../../../../src/cloud/local/machines/boot-failure.ts'

// Lines as glibc 2.33 and newer, and Linux 6.1, print them.
const glibc = 'Fatal glibc error: CPU does not support x86-64-v3\r\n'
const killed = '[    1.91] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00007f00\r\n[    1.92] CPU: 0 PID: 1\r\n'

it.each([
  ['a system for a newer CPU', glibc, 'the system needs a CPU of x86-64-v3, and the CPU of the machine lacks some of its instructions'],
  ['a system for a newer CPU, after the panic that follows', glibc + killed, 'the system needs a CPU of x86-64-v3'],
  ['a kernel that stopped', killed, 'the kernel of the machine stopped: Attempted to kill init! exitcode=0x00007f00'],
])('finds %s on the console', (_what, text, message) => {
  expect(findBootFailure(text)?.message).toContain(message)
})

it('knows that another CPU helps', () => {
  expect(findBootFailure(glibc + killed)).toBeInstanceOf(CpuTooOld)
  expect(findBootFailure(killed)).not.toBeInstanceOf(CpuTooOld)
})

it.each([
  ['an empty console', ''],
  ['a system that boots', '[    0.00] Linux version 6.1.0\r\n[  OK  ] Reached target multi-user.target\r\n'],
  ['a kernel that restarts after a panic', `${killed}[    1.99] Rebooting in 10 seconds..\r\n`],
])('finds no failure in %s', (_what, text) => {
  expect(findBootFailure(text)).toBeUndefined()
})
