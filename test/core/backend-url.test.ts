import { homedir } from 'node:os'
import { afterEach, describe, expect, it, test, vi } from 'vitest'
import { isPrivate, resolveBackend, useBackend } from '../../src/core/backend-url.ts'
import { engineCommandLine, stateCommandLine } from '../../src/core/program.ts'

afterEach(() => vi.unstubAllEnvs())

test.each([
  ['file://./state', 'file:///work/a%20b/state'],
  ['file://state', 'file:///work/a%20b/state'],
  ['file://../state?no_tmp_dir=true', 'file:///work/state?no_tmp_dir=true'],
  ['file://~/state', `file://${homedir()}/state`],
  ['file:///srv/state', 'file:///srv/state'],
  ['s3://bucket/path?region=eu-central-1', 's3://bucket/path?region=eu-central-1'],
  ['https://api.pulumi.com', 'https://api.pulumi.com'],
])('the backend %s is %s for a user in the folder /work/a b', (url, absolute) => {
  expect(resolveBackend(url, '/work/a b')).toBe(absolute)
})

test('the backend that a user chooses is absolute for every process that starts later', () => {
  vi.stubEnv('PULUMI_BACKEND_URL', undefined)
  useBackend('file://./state')
  expect(process.env.PULUMI_BACKEND_URL).toBe(`file://${process.cwd()}/state`)
})

describe('a command in a hint', () => {
  it('names backend, project and home folder, so that it acts on the same state in another shell', () => {
    vi.stubEnv('PULUMI_BACKEND_URL', 's3://bucket?region=x&y')
    vi.stubEnv('BAKEHOUSE_PROJECT', '/my project')
    vi.stubEnv('BAKEHOUSE_HOME', '/home')
    const settings = "PULUMI_BACKEND_URL='s3://bucket?region=x&y' BAKEHOUSE_PROJECT='/my project' BAKEHOUSE_HOME=/home"
    expect(stateCommandLine('reap')).toBe(`${settings} npm run bake -- reap`)
    expect(engineCommandLine('stack rm lease.x')).toBe(`${settings} npm run pulumi -- stack rm lease.x`)
  })

  it('names nothing that is the default', () => {
    vi.stubEnv('BAKEHOUSE_PROJECT', undefined)
    vi.stubEnv('BAKEHOUSE_HOME', '/home')
    vi.stubEnv('PULUMI_BACKEND_URL', 'file:///home/state')
    expect(isPrivate('file:///home/state')).toBe(true)
    expect(stateCommandLine('reap')).toBe('BAKEHOUSE_HOME=/home npm run bake -- reap')
  })
})
