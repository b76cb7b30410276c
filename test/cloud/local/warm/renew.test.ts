import { expect, it } from 'vitest'
import { parseHostKeys, renderKnownHosts, renewScript } from '../../../../src/cloud/local/warm/renew.ts'

it('gives each machine other randomness, and its own key', () => {
  const [one, other] = [renewScript('ssh-ed25519 AAAA mine'), renewScript('ssh-ed25519 AAAA mine')]
  expect(one).toContain('ssh-ed25519 AAAA mine')
  expect(one).not.toBe(other)
})

it('pins the new host keys to the port of the machine', () => {
  const keys = parseHostKeys('noise\nssh-ed25519 AAAA root@debian\necdsa-sha2-nistp256 BBBB \n')
  expect(renderKnownHosts(4000, keys)).toBe('[127.0.0.1]:4000 ssh-ed25519 AAAA\n[127.0.0.1]:4000 ecdsa-sha2-nistp256 BBBB\n')
})

it('does not go on without host keys', () => {
  expect(() => parseHostKeys('cat: no such file')).toThrow('told no host keys')
})
