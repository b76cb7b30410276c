import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { passInherited, readBaseFindings, writeBaseFindings } from '../../src/guest/base-findings.ts'
import { failed, passed } from '../../src/guest/cases.ts'

const check = 'no-build-users'

it.each([
  ['the same account', 'found ansible', 'found ansible'],
  ['fewer accounts', 'found vagrant', 'found packer vagrant'],
  [
    'the same failed unit',
    'the state is degraded; failed units: kdump.service',
    'the state is degraded; failed units: kdump.service mcelog.service',
  ],
  ['the same state of systemd', 'the state is starting, expected running', 'the state is starting, expected running'],
  [
    'a root file system that does not grow',
    'the root file system has 1955 MiB of 20479 MiB',
    'the root file system has 1945 MiB of 20479 MiB',
  ],
])('%s as on the base machine is a hint', (_, message, base) => {
  expect(passInherited([failed(check, message)], { [check]: base })).toEqual([
    { ...failed(check, message), status: 'passed', message: `hint: the base image has it too: ${message}` },
  ])
})

it.each([
  ['an account that the playbook added', 'found vagrant packer', { [check]: 'found vagrant' }],
  ['an account whose name begins like one of the base', 'found vagrant', { [check]: 'found vagrant2' }],
  ['another state of systemd', 'the state is maintenance, expected running', { [check]: 'the state is starting, expected running' }],
  [
    'a failed unit if the base was not ready',
    'the state is degraded; failed units: x',
    { [check]: 'the state is starting, expected running' },
  ],
  ['a finding of a check that passed on the base', 'found vagrant', { 'no-private-keys': 'found vagrant' }],
  ['another number in a name', 'found user2', { [check]: 'found user1' }],
  ['so many findings that the message does not name all', 'found a b c d e', { [check]: 'found a b c d e' }],
])('%s is a failure', (_, message, base) => {
  expect(passInherited([failed(check, message)], base)).toEqual([failed(check, message)])
})

it('the findings of the base machine are kept in the build folder, only those of checks that may be inherited', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bakehouse-findings-'))
  try {
    expect(readBaseFindings(folder)).toEqual({})
    writeBaseFindings(folder, [failed(check, 'found vagrant'), failed('no-empty-passwords', 'found ada'), passed('no-mail')], [check])
    expect(readBaseFindings(folder)).toEqual({ [check]: 'found vagrant' })
  } finally {
    rmSync(folder, { recursive: true })
  }
})
