import { expect, it } from 'vitest'
import { exchangeArguments, parsePresentedKey } from '../../../src/guest/ssh/presented-keys.ts'

const host = {
  instanceId: 'i',
  transport: 'ssh',
  address: '10.0.0.1',
  port: 22,
  user: 'root',
  identityFile: '/k',
  knownHostsFile: '/h',
} as const
const shown = 'debug1: Server host key: ssh-ed25519 SHA256:cJ6AyISHokEeHuTfufIqhhSS0gxHZRUMDHlKvXD4FHw'

it('requests one kind of host key, with no known keys and the connection options of other commands', () => {
  const options = exchangeArguments({ ...host, proxyCommand: 'nc %h %p' }, 'ssh-ed25519').join(' ')
  expect(options).toMatch(/^-o HostKeyAlgorithms=ssh-ed25519 -o UserKnownHostsFile=\/dev\/null -o LogLevel=DEBUG1 /)
  expect(options).toContain('-o StrictHostKeyChecking=yes')
  expect(options).toContain('-o ProxyCommand=nc %h %p')
})

it('reads the fingerprint of the key that the machine presents', () => {
  expect(parsePresentedKey(`debug1: x\n${shown}\r\ndebug1: y\n`)).toBe('SHA256:cJ6AyISHokEeHuTfufIqhhSS0gxHZRUMDHlKvXD4FHw')
})

it('does not read the keys from the output of the machine', () => {
  expect(parsePresentedKey(`debug1: kex_exchange_identification: banner line 0: ${shown}\nssh: connection closed\n`)).toBeUndefined()
})
