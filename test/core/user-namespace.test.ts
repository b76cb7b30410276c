import { describe, expect, it } from 'vitest'
import { explainNamespaces, type NamespaceFacts } from '../../src/core/user-namespace.ts'

const facts: NamespaceFacts = {
  user: 'ann',
  uid: 1000,
  hasNewuidmap: true,
  subuid: 'bob:100000:65536\nann:165536:65536\n',
  subgid: '1000:165536:65536\n',
  switches: { 'kernel.unprivileged_userns_clone': '1', 'user.max_user_namespaces': '96364' },
}

describe('a user who is not root', () => {
  it('can make Debian disks with a range of IDs, given by name or by number', () => {
    expect(explainNamespaces(facts)).toBeUndefined()
  })

  it.each([
    ['without newuidmap', { hasNewuidmap: false }, 'newuidmap', 'uidmap'],
    ['without subordinate user IDs', { subuid: 'bob:100000:65536\n' }, '/etc/subuid has none for ann', 'usermod --add-subuids'],
    ['with a range that is too small', { subgid: 'ann:100000:1000\n' }, '/etc/subgid', 'usermod'],
    [
      'if Debian has disabled user namespaces',
      { switches: { 'kernel.unprivileged_userns_clone': '0' } },
      'switched off',
      'sysctl -w kernel.unprivileged_userns_clone=1',
    ],
    [
      'if no user namespace is allowed',
      { switches: { 'user.max_user_namespaces': '0' } },
      'user.max_user_namespaces = 0',
      'sysctl -w user.max_user_namespaces',
    ],
  ])('%s gets an error with the missing thing, a hint and exit code 3', (_name, change, message, hint) => {
    const error = explainNamespaces({ ...facts, ...change })
    expect(error?.exitCode).toBe(3)
    expect(error?.message).toContain(message)
    expect(error?.hint).toContain(hint)
  })

  it('is not refused because of AppArmor without a trial, because AppArmor can have exceptions', () => {
    const restricted = { ...facts, switches: { 'kernel.apparmor_restrict_unprivileged_userns': '1' } }
    expect(explainNamespaces(restricted)).toBeUndefined()
    expect(explainNamespaces(restricted, 'E: unshare syscall failed')?.message).toContain('apparmor_restrict_unprivileged_userns = 1')
  })

  it('gets the error of the trial if nothing else explains it', () => {
    const error = explainNamespaces(facts, 'E: unshare syscall failed: Operation not permitted')
    expect([error?.exitCode, error?.message]).toEqual([3, expect.stringContaining('Operation not permitted')])
    expect(error?.hint).toContain('container')
  })
})
