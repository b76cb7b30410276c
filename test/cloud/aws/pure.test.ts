import { afterEach, describe, expect, test, vi } from 'vitest'
import { around } from '../../../src/cloud/aws/around.ts'
import { deprecationTime } from '../../../src/cloud/aws/copy-resources.ts'
import { remainingLife, warnOfSessions } from '../../../src/cloud/aws/credentials.ts'
import { findProviderRefusal, findRefusal, isNotFound, isNotFoundYet } from '../../../src/cloud/aws/errors.ts'
import { findIngress, routeOf } from '../../../src/cloud/aws/route.ts'
import { parseImageName, parseRegions, parseTags, renderTags, tagFilters } from '../../../src/cloud/aws/tags.ts'
import { renderLinuxUserData } from '../../../src/cloud/aws/user-data.ts'
import { loginArguments } from '../../../src/guest/ssh/login.ts'
import { makeFamily } from '../../helpers/family.ts'

describe('an image name', () => {
  test.each(['abc', 'linux-base-2026.11.23-2', "a(b)[c] d/e.f-g'h@i_j", 'x'.repeat(128)])('%s is valid', (name) => {
    expect(parseImageName(name)).toBe(name)
  })
  test.each(['ab', '', 'x'.repeat(129), '2026-11-23T10:00', 'a+b', 'naïve', 'tab\there'])('%s is not valid', (name) => {
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
  ])('%s means that a resource does not exist: %s', (name, expected) => {
    expect(isNotFound({ name })).toBe(expected)
  })
  test('for a deleted resource is not retried', () => {
    expect(isNotFoundYet({ name: 'InvalidAMIID.NotFound' })).toBe(true)
    expect(isNotFoundYet({ name: 'InvalidAMIID.Unavailable' })).toBe(false)
  })
  test.each([
    ['ExpiredToken', 'credentials'],
    ['CredentialsProviderError', 'credentials'],
    ['UnauthorizedOperation', 'denied permission'],
    ['AccessDeniedException', 'denied permission'],
  ])('%s is permanent: %s', (name, words) => {
    expect(findRefusal({ name }, 'a bake')?.message).toContain(words)
  })
  test.each(['RequestLimitExceeded', 'InternalError', 'InvalidAMIID.NotFound'])('%s may be solved by a retry', (name) => {
    expect(findRefusal({ name }, 'a bake')).toBeUndefined()
  })
})

describe('an error of the provider', () => {
  const failed = (call: string, said: string): string =>
    `creating EC2 AMI (web-1) from EC2 Instance (i-1): operation error ${call}, https response error StatusCode: 403, RequestID: r, api error ${said}`
  const denial =
    'You are not authorized to perform this operation. User: arn:aws:iam::1:user/ci is not authorized to perform: ec2:CopyImage'
  test.each([
    [
      failed(
        'EC2: CreateImage, exceeded maximum number of attempts, 12, Probable clock skew error',
        'RequestExpired: Request has expired.',
      ),
      'AWS rejected the credentials (RequestExpired), needed to call CreateImage of EC2',
      'log in again',
    ],
    [
      failed('SSM: PutParameter', 'ExpiredTokenException: The security token included in the request is expired'),
      'AWS rejected the credentials (ExpiredTokenException), needed to call PutParameter of SSM',
      'log in again',
    ],
    // https://github.com/hashicorp/terraform-provider-aws/issues/27618
    [
      failed('STS: GetCallerIdentity', 'InvalidClientTokenId: The security token included in the request is invalid.'),
      'AWS rejected the credentials (InvalidClientTokenId), needed to call GetCallerIdentity of STS',
      'log in again',
    ],
    [
      failed('EC2: CopyImage', `UnauthorizedOperation: ${denial}`),
      'AWS denied permission (UnauthorizedOperation) to call CopyImage of EC2: arn:aws:iam::1:user/ci lacks ec2:CopyImage',
      'allow ec2:CopyImage for this role or user; the policy that a build needs',
    ],
    // https://github.com/pulumi/pulumi-aws/pull/3310
    [
      'No valid credential sources found.\nPlease see https://www.pulumi.com/',
      'AWS rejected the credentials (CredentialsProviderError), needed by the AWS provider',
      'log in again',
    ],
    // https://github.com/hashicorp/terraform-provider-aws/issues/28364
    [
      'operation error EC2: DescribeImages, get identity: get credentials: failed to refresh cached credentials, the SSO session has expired',
      'AWS rejected the credentials (CredentialsProviderError), needed to call DescribeImages of EC2',
      'log in again',
    ],
  ])('%s does not blame the image', (message, text, hint) => {
    expect(findProviderRefusal(message)).toMatchObject({ exitCode: 3, message: text, hint: expect.stringContaining(hint) })
  })
  test.each([
    failed('EC2: CreateImage', 'InvalidAMIName.Duplicate: AMI name web-1 is already in use'),
    'waiting for EC2 AMI (ami-1) create: unexpected state failed',
  ])('%s is one of the build', (message) => {
    expect(findProviderRefusal(message)).toBeUndefined()
  })
})

describe('the remaining lifetime of credentials', () => {
  const now = Date.parse('2026-11-23T10:00:00Z')
  const soon = '2026-11-23T10:30:00Z'
  test.each([
    ['in the environment, with an expiry', { expiration: new Date(soon), $source: { CREDENTIALS_ENV_VARS: 'g' } }, undefined, 30],
    ['in the environment, with the expiry in another variable', { $source: { CREDENTIALS_ENV_VARS: 'g' } }, soon, 30],
    ['in the environment, without an expiry', { $source: { CREDENTIALS_ENV_VARS: 'g' } }, undefined, Number.POSITIVE_INFINITY],
    [
      'of an instance, which are renewed',
      { expiration: new Date(soon), $source: { CREDENTIALS_IMDS: '0' } },
      undefined,
      Number.POSITIVE_INFINITY,
    ],
    [
      'of a web identity with a token file, which are renewed',
      {
        expiration: new Date(soon),
        $source: { CREDENTIALS_ENV_VARS_STS_WEB_ID_TOKEN: 'h', CREDENTIALS_STS_ASSUME_ROLE_WEB_ID: 'k' },
      },
      undefined,
      Number.POSITIVE_INFINITY,
    ],
    [
      'of single sign-on, which are renewed',
      { expiration: new Date(soon), $source: { CREDENTIALS_SSO: 's' } },
      undefined,
      Number.POSITIVE_INFINITY,
    ],
  ])('%s', (_what, credentials, environment, minutes) => {
    expect(remainingLife(credentials, environment, now) / 60_000).toBe(minutes)
  })

  test('is compared with the longest step, also if they are renewed: a session of Session Manager ends with them', () => {
    const family = makeFamily({ configure: { timeout: '2h' }, seal: { timeout: '15m' } })
    expect(warnOfSessions(family, { expiration: new Date('2026-11-23T11:00:00Z') }, now)).toMatch(
      /expire in 60 min, but configure .* 120 min/,
    )
    expect(warnOfSessions(family, { expiration: new Date('2026-11-23T16:00:00Z') }, now)).toBeUndefined()
    expect(warnOfSessions(family, {}, now)).toBeUndefined()
  })
})

describe('tags', () => {
  const tags = { tool: 'bakehouse', family: 'f', version: 'v', build: 'b', stage: 'trial', expires: 'e' } as const
  const written = Object.entries(renderTags(tags, 'name', ['eu-west-1', 'eu-west-2'])).map(([Key, Value]) => ({ Key, Value }))
  test('are parsed as they were written', () => {
    expect(parseTags(written)).toEqual(tags)
    expect(parseRegions(written)).toEqual(['eu-west-1', 'eu-west-2'])
  })
  test('of other programs are ignored', () => {
    expect(parseTags([{ Key: 'Name', Value: 'x' }])).toBeUndefined()
    expect(parseTags(undefined)).toBeUndefined()
  })
  test('always filter for the tool', () => {
    expect(tagFilters({ build: 'b' })).toEqual([
      { Name: 'tag:bakehouse:tool', Values: ['bakehouse'] },
      { Name: 'tag:bakehouse:build', Values: ['b'] },
    ])
  })
})

describe('the connection to an instance', () => {
  const addresses = { instanceId: 'i-1', publicIp: '1.2.3.4', privateIp: '10.0.0.4', region: 'eu-central-1' }
  test.each([
    ['ssh', 'ssh' as const, '1.2.3.4', undefined],
    [
      'Session Manager',
      'ssm' as const,
      'i-1',
      'aws ssm start-session --region eu-central-1 --target %h --document-name AWS-StartSSHSession --parameters portNumber=%p',
    ],
    ['a bastion', { bastion: 'me@gate:2222', ingress: '10.0.0.1/32' }, '10.0.0.4', 'ssh -W [%h]:%p -p 2222 me@gate'],
    ['a command', { proxyCommand: 'nc %h %p' }, '10.0.0.4', 'nc %h %p'],
    ['the private address', { private: '10.8.0.5/32' }, '10.0.0.4', undefined],
  ])('with %s', (_name, reach, address, proxyCommand) => {
    expect(routeOf(reach, addresses)).toEqual({ address, ...(proxyCommand ? { proxyCommand } : {}) })
  })

  test('pins the host key and offers only the key of the build', () => {
    const host = { instanceId: 'i', transport: 'ssh', address: 'a', port: 22, user: 'u', identityFile: '/k', knownHostsFile: '/h' } as const
    const words = loginArguments(host, {}).join(' ')
    expect(words).toContain('StrictHostKeyChecking=yes')
    expect(words).toContain('UserKnownHostsFile=/h')
    expect(words).toContain('IdentitiesOnly=yes')
    expect(words).not.toContain('ProxyCommand')
  })
})

describe('the address range that may connect to an instance', () => {
  afterEach(() => vi.unstubAllGlobals())
  const answer = (text: string) => vi.stubGlobal('fetch', async () => new Response(text))

  test.each([
    ['empty with Session Manager', 'ssm' as const, undefined],
    ['the network of the bastion', { bastion: 'gate', ingress: '10.0.0.1/32' }, '10.0.0.1/32'],
    ['the range that is given with a proxy command', { proxyCommand: 'nc %h %p', ingress: '10.0.0.2/32' }, '10.0.0.2/32'],
    ['the network of the VPN', { private: '10.8.0.5/32' }, '10.8.0.5/32'],
    ['empty with a proxy command that needs no open port', { proxyCommand: 'tunnel %h' }, undefined],
  ])('is %s', async (_whom, reach, expected) => {
    expect(await findIngress(reach)).toBe(expected)
  })

  test('is the public address of this computer', async () => {
    answer('203.0.113.7\n')
    expect(await findIngress('ssh')).toBe('203.0.113.7/32')
  })

  test('is an error if that address cannot be determined', async () => {
    answer('<html>log in to this network</html>')
    await expect(findIngress('ssh')).rejects.toMatchObject({ exitCode: 3, hint: expect.stringContaining('aws.reach') })
  })
})

describe('user data', () => {
  const base = {
    publicKey: 'ssh-ed25519 AAA\necdsa-sha2-nistp256 BBB',
    hostKeys: [
      { kind: 'ed25519', private: 'SECRET\n', public: 'PUBLIC' },
      { kind: 'ecdsa', private: 'SECOND\n', public: 'OTHER' },
    ],
    expires: '2026-11-23T18:00:00.000Z',
  } as const
  // A machine in FIPS mode has no Ed25519: neither as host key nor for logins (canonical/cloud-init#4109).
  test.each(['admin', 'root'])('contains keys of two kinds for the machine and for logins of %s', (user) => {
    const text = renderLinuxUserData({ ...base, user })
    for (const name of ['ed25519_private', 'ed25519_public', 'ecdsa_private', 'ecdsa_public']) expect(text).toContain(`${name}: `)
    expect(text).toMatch(/ssh_authorized_keys:\n +- ssh-ed25519 AAA\n +- ecdsa-sha2-nistp256 BBB\n/)
  })
  test('contains the pinned host key and the time when the machine powers off', () => {
    const text = renderLinuxUserData({ ...base, user: 'admin' })
    expect(text.startsWith('#cloud-config\n')).toBe(true)
    expect(text).toContain('SECRET')
    expect(text).toContain(`-lt ${Date.parse(base.expires) / 1000} `)
    expect(text).toContain('name: admin')
  })
  test('enables root login if the build logs in as root', () => {
    const text = renderLinuxUserData({ ...base, user: 'root' })
    expect(text).toContain('disable_root: false')
    expect(text).not.toContain('users:')
  })
})

test.each([
  ['base', 'machine', 'base-machine'],
  ['trial', 'key', 'trial-key'],
  ['trial-2', 'machine', 'trial-machine-2'],
])('the name of %s and %s is %s', (name, what, expected) => {
  expect(around(name, what)).toBe(expected)
})

test('a deprecation date is rounded to the minute like in EC2, and does not depend on the current time', () => {
  expect(deprecationTime('2026-11-23T20:15:42.123Z', 30)).toBe('2026-12-23T20:15:00Z')
})
