import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { canCover, checkFakeRoot } from './fake-root.ts'

const functions = readFileSync(join(import.meta.dirname, '../../../src/guest/linux/remove.sh'), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'bh-shared-'))
afterAll(() => rmSync(folder, { recursive: true }))

const profile = '[default]\naws_access_key_id     = ASIAEXAMPLE\naws_session_token     = token\n\n'

/** What the SSM agent 3.3 writes about itself. */
function agentSays(ShareFile: string): string {
  const said = { SchemaVersion: '1.1', InstanceId: 'mi-87967f5f5086bf126', IdentityType: 'OnPrem', ShareFile, ShareProfile: '' }
  return JSON.stringify({ ...said, CredentialSource: 'SSM' })
}

const file = join(folder, 'credentials')
const config = join(folder, 'identity_config.json')
const find = (path: string): string => execFileSync('sh', ['-uc', `${functions}\nfind_shared_credentials '${path}'`], { encoding: 'utf8' })

/** Which file sealing removes on a machine whose agent says this, and whose credentials file has this content. */
function findRemoved(content: string, says: (file: string) => string = agentSays): string {
  writeFileSync(file, content)
  writeFileSync(config, says(file))
  return find(config)
}

describe('sealing', () => {
  it('removes the credentials that the SSM agent shares', () => {
    expect(findRemoved(profile)).toBe(`${file}\n`)
  })

  it.each<[what: string, content: string, says?: (file: string) => string]>([
    ['with profiles of others', `${profile}[mine]\naws_access_key_id = AKIA\n`],
    ['that the agent does not name', profile, () => agentSays('')],
    ['of a machine whose agent was not started', profile, () => ''],
  ])('keeps a credentials file %s', (_what, content, says) => {
    expect(findRemoved(content, says)).toBe('')
  })

  it('removes nothing without an agent', () => {
    expect(find('/no/such/file')).toBe('')
  })
})

describe.skipIf(!canCover)('hygiene', () => {
  /** The result on a machine that was booted at this time, in seconds since 1970. */
  const checkBooted = (time: number) => {
    const files = {
      'root/.aws/credentials': profile,
      'usr/local/bin/sed': `#!/bin/sh\ncase "$*" in *btime*) echo ${time} ;; *) exec /bin/sed "$@" ;; esac\n`,
    }
    return checkFakeRoot(files).cases.get('no-credential-files')
  }

  it('finds a credentials file that is older than the machine', () => {
    expect(checkBooted(9_999_999_999)).toMatchObject({ status: 'failed', message: expect.stringContaining('/root/.aws/credentials') })
  })

  it('passes one that a service has written since the boot', () => {
    expect(checkBooted(1_000_000_000)).toMatchObject({ status: 'passed' })
  })
})
