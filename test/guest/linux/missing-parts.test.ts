import { describe, expect, it } from 'vitest'
import { systemOf } from '../../../src/guest/systems.ts'
import { makeFamily } from '../../helpers/family.ts'

const findHint = async (cause: string, configure = {}): Promise<string | undefined> =>
  systemOf('linux').findHint?.(makeFamily({ configure }).configure, cause)

describe('the hint for a task that failed because a Linux base image lacks a part', () => {
  it.each([
    "No package matching 'auditd' is available",
    'exit code 100: E: Unable to locate package auditd',
    "E: Package 'auditd' has no installation candidate",
    'E: Failed to fetch http://deb.debian.org/debian/pool/main/a/a.deb  404  Not Found [IP: 192.0.2.1 80]',
    'E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?',
  ])('names refreshPackages for the cause %s, unless the family has it', async (cause) => {
    expect(await findHint(cause)).toContain('refreshPackages: true')
    expect(await findHint(cause, { refreshPackages: true })).toBeUndefined()
  })

  it.each(['[Errno 2] No such file or directory: /etc/locale.gen', 'exit code 127: /bin/sh: 1: locale-gen: not found'])(
    'names the package locales for the cause %s',
    async (cause) => {
      expect(await findHint(cause, { refreshPackages: true })).toContain('install the package locales first')
    },
  )

  it('does not exist for another failure', async () => {
    expect(await findHint('non-zero return code: make: *** [all] Error 1')).toBeUndefined()
    expect(await findHint('E: Failed to fetch http://192.0.2.1/a.deb  Could not connect')).toBeUndefined()
  })
})
