import { describe, expect, it } from 'vitest'
import { local } from '../../../../src/cloud/local/descriptor.ts'

const debian = local.bases.find(({ kind }) => kind === 'debian')

function findHint(variant: string, cause: string): string | undefined {
  return debian?.findHint?.({ kind: 'debian', debian: 'bookworm', variant }, cause)
}

describe('the hint for a task that failed because the base image lacks a part', () => {
  it.each([
    'Path /etc/default/grub does not exist !',
    "Could not find or access '/boot/grub/grub.cfg'",
    '[Errno 2] No such file or directory: b"update-grub"',
    'Could not find the requested service systemd-resolved: host',
    'Failed to find required executable "iptables" in paths: /usr/sbin:/sbin',
    'non-zero return code: /bin/sh: 1: curl: not found',
    "[Errno 2] No such file or directory: b'killall'",
  ])('names the standard variant for the cause %s on a lean base image', (cause) => {
    expect(findHint('lean', cause)).toContain('variant: standard')
    expect(findHint('standard', cause)).toBeUndefined()
  })

  it('gets no hint for another failure', () => {
    expect(findHint('lean', 'non-zero return code: make: *** [all] Error 1')).toBeUndefined()
    expect(findHint('lean', 'curl: (22) The requested URL returned error: 404')).toBeUndefined()
  })
})
