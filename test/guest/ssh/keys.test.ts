import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { makeKeyPair, readPublicKey } from '../../../src/guest/ssh/keys.ts'
import { sshArguments } from '../../../src/guest/ssh/options.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-keys-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const target = { address: 'vm', port: 22, user: 'root', knownHostsFile: '/hosts' }

// Vagrant, cloud-init and others offered only Ed25519, and machines in FIPS mode refused it (hashicorp/vagrant#13323).
it('a build has an Ed25519 key and an ECDSA key, authorizes both, and offers both in this order', async () => {
  const { identityFile, publicKey } = await makeKeyPair(folder, 'base')
  expect(publicKey.split('\n').map((line) => line.split(' ')[0])).toEqual(['ssh-ed25519', 'ecdsa-sha2-nistp256'])
  expect(readPublicKey(identityFile).split('\n')).toEqual(publicKey.split('\n').map((line) => line.split(' ')[1]))
  const offered = sshArguments({ ...target, identityFile }).filter((word) => word.startsWith('IdentityFile='))
  expect(offered).toEqual([`IdentityFile=${identityFile}`, `IdentityFile=${identityFile}-ecdsa`])
})

it('a key for a Windows password is alone', async () => {
  const { identityFile, publicKey } = await makeKeyPair(folder, 'base', 'rsa-pem')
  expect(publicKey).toMatch(/^ssh-rsa \S+ bakehouse-base$/)
  expect(existsSync(`${identityFile}-ecdsa`)).toBe(false)
  expect(sshArguments({ ...target, identityFile }).filter((word) => word.startsWith('IdentityFile='))).toHaveLength(1)
})
