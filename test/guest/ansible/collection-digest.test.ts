import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { UsageError } from '../../../src/core/errors.ts'
import { installRequirements, parseRequirements } from '../../../src/guest/ansible/requirements.ts'
import type { StepContext } from '../../../src/guest/context.ts'

let folder: string
let collection: string
let digest: string
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** A collection in the family folder, with the manifests that ansible-galaxy writes. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'collection-'))
  collection = join(folder, 'collections/ansible_collections/acme/tools')
  mkdirSync(join(collection, 'plugins'), { recursive: true })
  writeFileSync(join(collection, 'plugins/module.py'), 'print(1)\n')
  const files = {
    files: [
      { name: 'plugins', ftype: 'dir', chksum_sha256: null },
      { name: 'plugins/module.py', ftype: 'file', chksum_sha256: sha256('print(1)\n') },
    ],
  }
  writeFileSync(join(collection, 'FILES.json'), JSON.stringify(files))
  const manifest = {
    collection_info: { version: '1.0.0' },
    file_manifest_file: { name: 'FILES.json', chksum_sha256: sha256(JSON.stringify(files)) },
  }
  writeFileSync(join(collection, 'MANIFEST.json'), JSON.stringify(manifest))
  digest = sha256(JSON.stringify(manifest))
})
afterEach(() => rmSync(folder, { recursive: true }))

async function install(pinned: string): Promise<unknown> {
  writeFileSync(join(folder, 'requirements.yml'), `collections: [{ name: acme.tools, version: 1.0.0, sha256: ${pinned} }]\n`)
  const family = { name: 'web', folder, configure: { requirements: 'requirements.yml' } }
  return installRequirements({ request: { family }, venv: join(folder, 'venv') } as unknown as StepContext)
}

test('a collection with the pinned content is used', async () => {
  await expect(install(digest)).resolves.toBeDefined()
})

test.each([
  [
    'another version of it',
    () => writeFileSync(join(collection, 'MANIFEST.json'), '{"collection_info":{"version":"1.0.0"}}'),
    'expected MANIFEST.json with sha256',
  ],
  ['a list with another file', () => writeFileSync(join(collection, 'FILES.json'), '{"files":[]}'), 'FILES.json does not have the digest'],
  ['changed code', () => writeFileSync(join(collection, 'plugins/module.py'), 'evil()\n'), 'plugins/module.py does not have the digest'],
  ['missing code', () => rmSync(join(collection, 'plugins/module.py')), 'it cannot be checked'],
])('a server that delivers %s is noticed before the playbook runs', async (_what, change, message) => {
  change()
  await expect(install(digest)).rejects.toThrow(UsageError)
  await expect(install(digest)).rejects.toThrow(message)
})

test.each([
  'collections: [{ name: acme.tools, sha256: abc }]',
  `collections: [{ name: acme.tools, sha256: 12 }]`,
  `roles: [{ name: acme.web, sha256: ${'a'.repeat(64)} }]`,
])('a digest that cannot be checked is refused: %s', (text) => {
  expect(() => parseRequirements(text)).toThrow('expected sha256 to be the digest of MANIFEST.json')
})
