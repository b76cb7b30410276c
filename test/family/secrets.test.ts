import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readSecrets, secretValues } from '../../src/family/secrets.ts'
import type { Family } from '../../src/model/family.ts'

const folder = mkdtempSync(join(tmpdir(), 'secrets-test-'))
afterAll(() => rmSync(folder, { recursive: true }))
const family = (configure: object): Family => ({ name: 'web', folder, configure: { secrets: {}, ...configure } }) as unknown as Family

test('reads secrets from the environment and from files, without the file’s last line break', () => {
  writeFileSync(join(folder, 'token'), 'line one\nline two\n')
  const secrets = readSecrets(family({ secrets: { a: { env: 'A' }, b: { file: 'token' } }, vaultPassword: { env: 'V' } }), {
    A: 'alpha',
    V: 'vault',
  })
  expect(secrets).toEqual({ variables: { a: 'alpha', b: 'line one\nline two' }, vaultPassword: 'vault' })
  expect(secretValues(secrets)).toEqual(['alpha', 'line one\nline two', 'vault'])
})

describe('a secret that cannot be used', () => {
  test.each([
    ['an unset variable', { a: { env: 'A' } }, {}, 'web: the secret "a" comes from the environment variable A, which is not set'],
    ['an empty variable', { a: { env: 'A' } }, { A: '' }, 'web: the secret "a" comes from the environment variable A, which is not set'],
    ['a missing file', { a: { file: 'nope' } }, {}, 'web: the secret "a" comes from the file nope, which cannot be read'],
    ['one too short to be redacted', { a: { env: 'A' } }, { A: 'abc' }, 'web: the secret "a" has 3 characters, expected at least 4'],
  ])('%s: the message names family and source', (_name, secrets, env, message) => {
    expect(() => readSecrets(family({ secrets }), env)).toThrow(message)
  })
})
