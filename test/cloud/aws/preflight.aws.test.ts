import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateRouteCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DescribeRouteTablesCommand,
  EC2Client,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { aws } from '../../../src/cloud/aws/aws.ts'
import { MissingError, UsageError } from '../../../src/core/errors.ts'
import { motoImage } from '../../aws/moto.ts'
import { expectPolicy } from '../../aws/policy-calls.ts'
import { makeFamily } from '../../helpers/family.ts'
import { refusal, resolve } from './resolve.ts'
import { withMoto } from './with-moto.ts'

const server = withMoto()

afterEach(() => {
  server.gateway.faults = {}
})

describe('the preflight', () => {
  test.each([
    ['an image that does not exist', { base: { amiId: 'ami-00000000' } }, MissingError, 'ami-00000000'],
    ['a parameter that does not exist', { base: { parameter: '/images/none' } }, MissingError, '/images/none'],
    ['an instance type that does not exist', { aws: { instanceType: 'q9.small' } }, UsageError, 'q9.small'],
    ['an instance type of another architecture', { aws: { instanceType: 't4g.small' } }, UsageError, 'arm64'],
    ['a subnet that does not exist', { aws: { subnetId: 'subnet-00000000' } }, MissingError, 'subnet-00000000'],
  ])('refuses %s', async (_what, changes, kind, words) => {
    const error = await refusal(changes)
    expect(error).toBeInstanceOf(kind)
    expect(error.message).toContain(words)
    if (kind === MissingError) expect([error.exitCode, error.hint]).toEqual([3, expect.stringMatching(/\w/)])
  })

  test.each([
    ['GetCallerIdentity', 'ExpiredToken'],
    ['DescribeImages', 'UnauthorizedOperation'],
    ['DescribeVpcs', 'UnauthorizedOperation'],
  ])('prints a hint if %s fails with %s', async (action, code) => {
    server.gateway.faults = { refuse: { [action]: code } }
    const error = await refusal({})
    expect(error).toBeInstanceOf(MissingError)
    expect(error.hint).toBeTruthy()
  })

  test('refuses credentials that expire before the build can end', async () => {
    process.env.AWS_CREDENTIAL_EXPIRATION = new Date(Date.now() + 10 * 60_000).toISOString()
    try {
      await expect(resolve()).rejects.toThrow(/expire in (9|10) min/)
    } finally {
      delete process.env.AWS_CREDENTIAL_EXPIRATION
    }
  })

  test('finds regions, zones and names that a build cannot use', async () => {
    const region = await refusal({ aws: { regions: { 'eu-nowhere-1': {} } } })
    expect([region.exitCode, region.message]).toEqual([3, 'The region eu-nowhere-1 does not exist'])
    const zone = await refusal({ aws: { zones: ['eu-central-1z'] } })
    expect([zone.exitCode, zone.message]).toEqual([3, expect.stringContaining('no default subnet in the zone eu-central-1z')])
    expect(await resolve({ aws: { instanceType: ['t3.small', 't3.medium'], zones: ['eu-central-1a'] } })).toMatchObject({ id: motoImage })
    const names = { images: ['web-1'], published: new Set<string>() }
    await expect((await aws()).requireFreeNames?.(makeFamily({ cloud: 'aws', base: { amiId: motoImage } }), names)).resolves.toBeUndefined()
  })

  test.each([
    ['eu-central-1', { kmsKeyId: 'alias/none' }],
    ['eu-west-1', { kmsKeyId: 'alias/images', regions: { 'eu-west-1': { kmsKeyId: 'alias/none' } } }],
  ])('finds a KMS key that does not exist in %s', async (region, options) => {
    const error = await refusal({ aws: options })
    expect([error.exitCode, error.message]).toEqual([3, `The KMS key alias/none does not exist in ${region}`])
  })

  test('names a region that is not enabled for the account; in the region of the build, all credentials seem to be wrong', async () => {
    server.gateway.faults = { closedRegions: ['eu-west-1'] }
    const other = await refusal({ aws: { regions: { 'eu-west-1': {} } } })
    expect([other.exitCode, other.message, other.hint]).toEqual([
      3,
      'The region eu-west-1 is not enabled for this AWS account',
      expect.stringContaining('aws account enable-region --region-name eu-west-1'),
    ])
    server.gateway.faults = { closedRegions: ['eu-central-1'] }
    const home = await refusal({})
    expect([home.exitCode, home.message, home.hint]).toEqual([
      3,
      expect.stringMatching(/^AWS rejected the credentials \(\w+\)/),
      expect.stringContaining('A region that is not enabled for the account rejects all credentials: check AWS_REGION'),
    ])
    server.gateway.faults = { refuse: { DescribeImages: 'OptInRequired' } }
    const optional = await refusal({})
    expect([optional.exitCode, optional.hint]).toEqual([3, expect.stringContaining('aws account enable-region')])
  })

  test('compares the number of machines that run in parallel with the quota', async () => {
    server.gateway.faults = { processors: 0 }
    const error = await refusal({ verify: { clones: 3 } })
    expect([error.exitCode, error.message, error.hint]).toEqual([
      3,
      expect.stringMatching(/quota is 0 .* a build needs 6$/),
      expect.stringContaining('request-service-quota-increase'),
    ])
    server.gateway.faults = { processors: 10_000 }
    expect(await resolve({ verify: { clones: 3 } })).toMatchObject({ id: motoImage })
  })
})

describe('the preflight of the network', () => {
  let client: EC2Client
  beforeAll(() => {
    client = new EC2Client({})
  })
  const subnet = async (): Promise<{ SubnetId: string; VpcId: string }> => {
    const { Vpc } = await client.send(new CreateVpcCommand({ CidrBlock: '10.1.0.0/16' }))
    const VpcId = Vpc?.VpcId ?? ''
    const { Subnet } = await client.send(new CreateSubnetCommand({ VpcId, CidrBlock: '10.1.0.0/24' }))
    return { VpcId, SubnetId: Subnet?.SubnetId ?? '' }
  }
  const openToInternet = async (VpcId: string): Promise<void> => {
    const { InternetGateway } = await client.send(new CreateInternetGatewayCommand({}))
    const GatewayId = InternetGateway?.InternetGatewayId ?? ''
    await client.send(new AttachInternetGatewayCommand({ VpcId, InternetGatewayId: GatewayId }))
    const { RouteTables } = await client.send(new DescribeRouteTablesCommand({ Filters: [{ Name: 'vpc-id', Values: [VpcId] }] }))
    const { RouteTableId } = RouteTables?.[0] ?? {}
    await client.send(new CreateRouteCommand({ RouteTableId, GatewayId, DestinationCidrBlock: '0.0.0.0/0' }))
  }

  test('requires a route from the internet with aws.reach ssh, but no subnet that assigns addresses by itself', async () => {
    const { SubnetId, VpcId } = await subnet()
    const wanted = { aws: { subnetId: SubnetId } }
    const error = await refusal(wanted)
    expect([error.exitCode, error.message, error.hint]).toEqual([
      3,
      expect.stringContaining('no route to an internet gateway'),
      expect.stringContaining('aws.reach: ssm'),
    ])
    await openToInternet(VpcId)
    expect(await resolve(wanted)).toMatchObject({ id: motoImage })
  })

  test('requires a route to the internet or an endpoint, and the tools, with aws.reach ssm', async () => {
    const { SubnetId, VpcId } = await subnet()
    const wanted = { aws: { subnetId: SubnetId, reach: 'ssm' } }
    const path = process.env.PATH
    const bin = mkdtempSync(join(tmpdir(), 'bh-tools-'))
    try {
      process.env.PATH = bin
      expect((await refusal(wanted)).message).toContain('aws and session-manager-plugin are not on the PATH')
      for (const tool of ['aws', 'session-manager-plugin']) writeFileSync(join(bin, tool), '#!/bin/sh\n', { mode: 0o755 })
      expect((await refusal(wanted)).message).toContain('no endpoint com.amazonaws.eu-central-1.ssmmessages')
      await openToInternet(VpcId)
      expect(await resolve(wanted)).toMatchObject({ id: motoImage })
    } finally {
      process.env.PATH = path
      rmSync(bin, { recursive: true })
    }
  })

  test('requires a free address for each machine', async () => {
    const { Vpc } = await client.send(new CreateVpcCommand({ CidrBlock: '10.2.0.0/16' }))
    const { Subnet } = await client.send(new CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock: '10.2.0.0/28' }))
    const SubnetId = Subnet?.SubnetId ?? ''
    await client.send(new RunInstancesCommand({ ImageId: motoImage, SubnetId, MinCount: 9, MaxCount: 9 }))
    const error = await refusal({ aws: { subnetId: SubnetId, reach: { proxyCommand: 'nc %h %p' } }, verify: { clones: 3 } })
    expect([error.exitCode, error.message]).toEqual([3, expect.stringMatching(/has 2 free addresses, but a build needs 4/)])
  })
})

test('the policy allows each call of these tests, and needs them', () => {
  expectPolicy(server.gateway, 'preflight.aws.test.ts')
})
