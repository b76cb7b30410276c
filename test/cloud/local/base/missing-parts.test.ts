import { describe, expect, it } from 'vitest'
import { local } from '../../../../src/cloud/local/descriptor.ts'
import type { Family } from '../../../../src/model/family.ts'

const debian = local.bases.find(({ kind }) => kind === 'debian')

function findHint(variant: string, cause: string, refreshPackages = false): string | undefined {
  const configure = { refreshPackages } as Family['configure']
  return debian?.findHint?.({ base: { kind: 'debian', debian: 'bookworm', variant }, configure }, cause)
}

describe('the hint for a task that failed because the base image lacks a part', () => {
  it.each([
    'Path /etc/default/grub does not exist !',
    "Could not find or access '/boot/grub/grub.cfg'",
    '[Errno 2] No such file or directory: b"update-grub"',
    'Could not find the requested service systemd-resolved: host',
    'Failed to find required executable "iptables" in paths: /usr/sbin:/sbin',
  ])('names the standard variant for the cause %s on a lean base image', (cause) => {
    expect(findHint('lean', cause)).toContain('variant: standard')
    expect(findHint('standard', cause)).toBeUndefined()
  })

  it.each(['standard', 'lean'])('names refreshPackages on a %s base image', (variant) => {
    expect(findHint(variant, "No package matching 'auditd' is available")).toContain('refreshPackages: true')
  })

  it('does not name refreshPackages if the family has it', () => {
    expect(findHint('standard', "No package matching 'fihs' is available", true)).toBeUndefined()
  })

  it('gets no hint for another failure', () => {
    expect(findHint('lean', 'non-zero return code: make: *** [all] Error 1')).toBeUndefined()
  })
})
