import { homedir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { clientSettings } from '../../src/artifacts/bucket-store.ts'
import { placeOf } from '../../src/artifacts/open-store.ts'
import { findRoot } from '../../src/artifacts/root.ts'
import { findBackend } from '../../src/core/backend-url.ts'
import { findBucket } from '../../src/core/bucket-url.ts'
import { artifactsPath } from '../../src/model/artifacts.ts'

afterEach(() => vi.unstubAllEnvs())

const place = (backend: string): string | undefined => {
  const root = findRoot(backend)
  return root && placeOf(root, 'web/2026.11.23-b1')
}

describe('the place of artifacts', () => {
  it.each([
    ['s3://state', 's3://state/artifacts/web/2026.11.23-b1'],
    ['s3://state/team/?region=eu-west-1&awssdk=v2', 's3://state/team/artifacts/web/2026.11.23-b1'],
    ['file:///srv/my%20images', '/srv/my images/artifacts/web/2026.11.23-b1'],
    ['gs://state', undefined],
    ['https://api.pulumi.com', undefined],
    [findBackend(''), undefined],
  ])('beside the state %s is %s', (backend, expected) => {
    vi.stubEnv('BAKEHOUSE_ARTIFACTS', '')
    expect(place(backend)).toBe(expected)
  })

  it.each([
    ['/srv/artifacts', '/srv/artifacts/web/2026.11.23-b1'],
    ['file:///srv/artifacts', '/srv/artifacts/web/2026.11.23-b1'],
    ['~/artifacts', `${homedir()}/artifacts/web/2026.11.23-b1`],
    ['artifacts', join(process.cwd(), 'artifacts/web/2026.11.23-b1')],
    ['s3://logs/of/images?region=eu-west-1', 's3://logs/of/images/web/2026.11.23-b1'],
  ])('can be set to %s', (given, expected) => {
    vi.stubEnv('BAKEHOUSE_ARTIFACTS', given)
    expect(place('s3://state')).toBe(expected)
  })

  it.each(['gs://logs', 's3://logs/../other', 's3:///x', 'https://example.org'])('cannot be %s', (given) => {
    vi.stubEnv('BAKEHOUSE_ARTIFACTS', given)
    expect(() => findRoot('s3://state')).toThrow(/Expected BAKEHOUSE_ARTIFACTS to be a folder or s3:/)
  })

  it.each(['..', '../other', 'a/b', '.hidden', '', 'a\nb', 'C:\\x'])('is refused for a build named %j', (name) => {
    const build = { family: 'web', version: '2026.11.23', build: 'b1' }
    for (const key of ['family', 'version', 'build'])
      expect(() => artifactsPath({ ...build, [key]: name })).toThrow(/without path separators/)
  })
})

it('the parameters of the URL of a state have the same meaning for artifacts', () => {
  const url = 's3://state?endpoint=localhost:9000&disableSSL=true&s3ForcePathStyle=true&region=eu-west-1&profile=team'
  expect(clientSettings(findBucket(url)?.settings ?? {})).toMatchObject({
    endpoint: 'http://localhost:9000',
    forcePathStyle: true,
    region: 'eu-west-1',
    profile: 'team',
  })
  expect(clientSettings({ endpoint: 'minio.example.org', use_path_style: 'true' })).toMatchObject({
    endpoint: 'https://minio.example.org',
    forcePathStyle: true,
  })
})
