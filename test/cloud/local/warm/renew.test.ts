import { expect, it } from 'vitest'
import { makeHostKeys, renderKnownHosts, renewScript } from '../../../../src/cloud/local/warm/renew.ts'

it('gives each machine new random numbers, machine-id and host keys, and the key of its build', async () => {
  const [one, other] = await Promise.all([makeHostKeys(), makeHostKeys()])
  const [first, second] = [renewScript('ssh-ed25519 AAAA mine', one), renewScript('ssh-ed25519 AAAA mine', other)]
  for (const pattern of [
    /^echo '(.+)' > \/dev\/urandom$/m,
    /^new=([0-9a-f]{32})$/m,
    /^echo '(ssh-ed25519 .+)' >/m,
    /^echo '(ecdsa-\S+ .+)' >/m,
  ]) {
    const [mine, theirs] = [pattern.exec(first)?.[1], pattern.exec(second)?.[1]]
    expect(mine).toBeTruthy()
    expect(mine).not.toBe(theirs)
  }
  expect(first).toContain("authorized_keys << 'END'\nssh-ed25519 AAAA mine\nEND\n")
})

it('pins the new host keys to the port of the machine', async () => {
  const keys = await makeHostKeys()
  expect(renderKnownHosts(4000, keys)).toBe(keys.map(({ publicKey }) => `[127.0.0.1]:4000 ${publicKey}\n`).join(''))
})
