import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { stateCommandLine } from '../../src/core/program.ts'
import { requireSecrets } from '../../src/family/require-secrets.ts'
import { readSecrets, secretValues } from '../../src/family/secrets.ts'
import type { Family } from '../../src/model/family.ts'
import { familyFiles, makeProject } from './project.ts'

const folder = mkdtempSync(join(tmpdir(), 'secrets-test-'))
afterAll(() => rmSync(folder, { recursive: true }))
const family = (configure: object): Family => ({ name: 'web', folder, configure: { secrets: {}, ...configure } }) as unknown as Family

test('reads secrets from the environment and from files, without the last line break of a file', () => {
  writeFileSync(join(folder, 'token'), 'line one\nline two\n')
  const secrets = readSecrets(family({ secrets: { a: { env: 'A' }, b: { file: 'token' } }, vaultPassword: { env: 'V' } }), {
    A: 'alpha',
    V: 'vault',
  })
  expect(secrets).toEqual({ variables: { a: 'alpha', b: 'line one\nline two' }, vaultPassword: 'vault' })
  expect(secretValues(secrets, family({}))).toEqual(['alpha', 'line one\nline two', 'vault'])
})

describe('a secret that cannot be used', () => {
  test.each([
    ['an unset variable', { a: { env: 'A' } }, {}, 'web: expected a secret in the environment variable A, got no value'],
    ['an empty variable', { a: { env: 'A' } }, { A: '' }, 'web: expected a secret in the environment variable A, got no value'],
    ['a missing file', { a: { file: 'nope' } }, {}, 'web: expected a file that contains the secret, got nope, which does not exist'],
    ['a folder', { a: { file: '.' } }, {}, 'web: expected a file that contains the secret, got ., which is a folder'],
    [
      'a secret that is too short to be redacted',
      { a: { env: 'A' } },
      { A: 'abc' },
      'web: expected a secret of at least 4 characters, got 3',
    ],
  ])('%s: the error of a step names family and source', (_name, secrets, env, message) => {
    expect(() => readSecrets(family({ secrets }), env)).toThrow(message)
  })

  test('the error of a build names the place of each secret in the family file, with a hint', () => {
    const secrets = 'secrets: { a: { env: UNSET_IN_TEST } }\n  vaultPassword: { file: nope }'
    using project = makeProject(familyFiles('web', `base: { debian: bookworm }\nconfigure:\n  ${secrets}\n`))
    const folder = join(project.folder, 'playbooks/web')
    const read = { name: 'web', folder, configure: { secrets: { a: { env: 'UNSET_IN_TEST' } }, vaultPassword: { file: 'nope' } } }
    expect(() => requireSecrets(read as unknown as Family)).toThrow(
      [
        `${folder}/family.yaml:3:24: expected a secret in the environment variable UNSET_IN_TEST, got no value`,
        `hint: set UNSET_IN_TEST, for example: UNSET_IN_TEST=… ${stateCommandLine('--family', 'web')}`,
        `${folder}/family.yaml:4:26: expected a file that contains the secret, got nope, which does not exist`,
        `hint: write the secret to ${folder}/nope`,
      ].join('\n'),
    )
  })
})
