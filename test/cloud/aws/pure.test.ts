import { afterEach, describe, expect, test, vi } from 'vitest'
import { deprecationTime } from '../../../src/cloud/aws/copy-resources.ts'
import { remainingLife } from '../../../src/cloud/aws/credentials.ts'
import { findRefusal, isNotFound, isNotYetThere } from '../../../src/cloud/aws/errors.ts'
import { around } from '../../../src/cloud/aws/resources.ts'
import { findIngress, routeOf } from '../../../src/cloud/aws/route.ts'
import { parseImageName, parseRegions, parseTags, renderTags, tagFilters } from '../../../src/cloud/aws/tags.ts'
import { renderLinuxUserData } from '../../../src/cloud/aws/user-data.ts'
import { loginArguments } from '../../../src/guest/ssh/login.ts'

describe('an image name', () => {
  test.each(['abc', 'linux-base-2026.11.23-2', "a(b)[c] d/e.f-g'h@i_j", 'x'.repeat(128)])('%s is one', (name) => {
    expect(parseImageName(name)).toBe(name)
  })
  test.each(['ab', '', 'x'.repeat(129), '2026-11-23T10:00', 'a+b', 'naïve', 'tab\there'])('%s is none', (name) => {
    expect(() => parseImageName(name)).toThrow('image name')
  })
})

describe('an error', () => {
  test.each([
    ['InvalidAMIID.NotFound', true],
    ['InvalidAMIID.Unavailable', true],
    ['InvalidInstanceID.NotFound', true],
    ['InvalidGroup.NotFound', true],
    ['InvalidKeyPair.NotFound', true],
    ['ParameterNotFound', true],
    ['InvalidParameterValue', false],
    ['InvalidAMIID.Malformed', false],
    ['AccessDenied', false],
  ])('%s says that something is not there: %s', (name, expected) => {
    expect(isNotFound({ name })).toBe(expected)
  })
  test('of a thing that is gone for good is not waited for', () => {
    expect(isNotYetThere({ name: 'InvalidAMIID.NotFound' })).toBe(true)
    expect(isNotYetThere({ name: 'InvalidAMIID.Unavailable' })).toBe(false)
  })
  test.each([
    ['ExpiredToken', 'credentials'],
    ['CredentialsProviderError', 'credentials'],
    ['UnauthorizedOperation', 'denied permission'],
    ['AccessDeniedException', 'denied permission'],
  ])('%s is a refusal: %s', (name, words) => {
    expect(findRefusal({ name }, 'a bake')?.message).toContain(words)
  })
  test.each(['RequestLimitExceeded', 'InternalError', 'InvalidAMIID.NotFound'])('%s is no refusal', (name) => {
    expect(findRefusal({ name }, 'a bake')).toBeUndefined()
  })
})

describe('the life of credentials', () => {
  const now = Date.parse('2026-11-23T10:00:00Z')
  const soon = '2026-11-23T10:30:00Z'
  test.each([
    ['of the environment, with an end', { expiration: new Date(soon), $source: { CREDENTIALS_ENV_VARS: 'g' } }, undefined, 30],
    ['of the environment, its end beside them', { $source: { CREDENTIALS_ENV_VARS: 'g' } }, soon, 30],
    ['of the environment, without an end', { $source: { CREDENTIALS_ENV_VARS: 'g' } }, undefined, Number.POSITIVE_INFINITY],
    ['of an instance, renewed', { expiration: new Date(soon), $source: { CREDENTIALS_IMDS: '0' } }, undefined, Number.POSITIVE_INFINITY],
    ['of single sign-on, renewed', { expiration: new Date(soon), $source: { CREDENTIALS_SSO: 's' } }, undefined, Number.POSITIVE_INFINITY],
  ])('%s', (_what, credentials, environment, minutes) => {
    expect(remainingLife(credentials, environment, now) / 60_000).toBe(minutes)
  })
})

describe('tags', () => {
  const tags = { tool: 'bakehouse', family: 'f', version: 'v', build: 'b', stage: 'trial', expires: 'e' } as const
  const written = Object.entries(renderTags(tags, 'name', ['eu-west-1', 'eu-west-2'])).map(([Key, Value]) => ({ Key, Value }))
  test('come back as they were written', () => {
    expect(parseTags(written)).toEqual(tags)
    expect(parseRegions(written)).toEqual(['eu-west-1', 'eu-west-2'])
  })
  test('of others are not ours', () => {
    expect(parseTags([{ Key: 'Name', Value: 'x' }])).toBeUndefined()
    expect(parseTags(undefined)).toBeUndefined()
  })
  test('filter for the tool, whatever else is asked', () => {
    expect(tagFilters({ build: 'b' })).toEqual([
      { Name: 'tag:bakehouse:tool', Values: ['bakehouse'] },
      { Name: 'tag:bakehouse:build', Values: ['b'] },
    ])
  })
})

describe('the way to an instance', () => {
  const addresses = { instanceId: 'i-1', publicIp: '1.2.3.4', privateIp: '10.0.0.4', region: 'eu-central-1' }
  test.each([
    ['ssh', 'ssh' as const, '1.2.3.4', undefined],
    [
      'a session',
      'ssm' as const,
      'i-1',
      'aws ssm start-session --region eu-central-1 --target %h --document-name AWS-StartSSHSession --parameters portNumber=%p',
    ],
    ['a bastion', { bastion: 'me@gate:2222', ingress: '10.0.0.1/32' }, '10.0.0.4', 'ssh -W [%h]:%p -p 2222 me@gate'],
    ['a command', { proxyCommand: 'nc %h %p' }, '10.0.0.4', 'nc %h %p'],
  ])('by %s', (_name, reach, address, proxyCommand) => {
    expect(routeOf(reach, addresses)).toEqual({ address, ...(proxyCommand ? { proxyCommand } : {}) })
  })

  test('pins the host key and takes no other key than the build’s', () => {
    const host = { instanceId: 'i', transport: 'ssh', address: 'a', port: 22, user: 'u', identityFile: '/k', knownHostsFile: '/h' } as const
    const words = loginArguments(host, {}).join(' ')
    expect(words).toContain('StrictHostKeyChecking=yes')
    expect(words).toContain('UserKnownHostsFile=/h')
    expect(words).toContain('IdentitiesOnly=yes')
    expect(words).not.toContain('ProxyCommand')
  })
})

describe('who may reach an instance', () => {
  afterEach(() => vi.unstubAllGlobals())
  const answer = (text: string) => vi.stubGlobal('fetch', async () => new Response(text))

  test.each([
    ['nobody, by a session', 'ssm' as const, undefined],
    ['the network of the bastion', { bastion: 'gate', ingress: '10.0.0.1/32' }, '10.0.0.1/32'],
    ['whom the command comes from', { proxyCommand: 'nc %h %p', ingress: '10.0.0.2/32' }, '10.0.0.2/32'],
    ['nobody, where a command needs no open port', { proxyCommand: 'tunnel %h' }, undefined],
  ])('is %s', async (_whom, reach, expected) => {
    expect(await findIngress(reach)).toBe(expected)
  })

  test('is this machine alone, by its address in the internet', async () => {
    answer('203.0.113.7\n')
    expect(await findIngress('ssh')).toBe('203.0.113.7/32')
  })

  test('is not guessed where that address is not known', async () => {
    answer('<html>log in to this network</html>')
    await expect(findIngress('ssh')).rejects.toMatchObject({ exitCode: 3, hint: expect.stringContaining('aws.reach') })
  })
})

describe('user data', () => {
  const base = { publicKey: 'ssh-ed25519 AAA', hostKey: { private: 'SECRET\n', public: 'PUBLIC' }, expires: '2026-11-23T18:00:00.000Z' }
  test('brings the pinned host key and the end of the machine', () => {
    const text = renderLinuxUserData({ ...base, user: 'admin' })
    expect(text.startsWith('#cloud-config\n')).toBe(true)
    expect(text).toContain('SECRET')
    expect(text).toContain(`-lt ${Date.parse(base.expires) / 1000} `)
    expect(text).toContain('name: admin')
  })
  test('lets root in where root is who logs in', () => {
    const text = renderLinuxUserData({ ...base, user: 'root' })
    expect(text).toContain('disable_root: false')
    expect(text).not.toContain('users:')
  })
})

test.each([
  ['base', 'machine', 'base-machine'],
  ['trial', 'key', 'trial-key'],
  ['trial-2', 'machine', 'trial-machine-2'],
])('%s and its %s are %s', (name, what, expected) => {
  expect(around(name, what)).toBe(expected)
})

test('a deprecation date is EC2’s, to the minute, and does not depend on now', () => {
  expect(deprecationTime('2026-11-23T20:15:42.123Z', 30)).toBe('2026-12-23T20:15:00Z')
})
