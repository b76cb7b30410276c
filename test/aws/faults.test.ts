import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  CopyImageCommand,
  CreateImageCommand,
  DescribeImagesCommand,
  EC2Client,
  RunInstancesCommand,
  type TagSpecification,
} from '@aws-sdk/client-ec2'
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { waitForParameter } from '../../src/cloud/aws/publish.ts'
import { waitForImage } from '../../src/cloud/aws/wait.ts'
import { type Gateway, startGateway } from './gateway.ts'
import { motoEnvironment } from './moto.ts'

const ec2Answers: Readonly<Record<string, string>> = {
  CopyImage: '<imageId>ami-12345678</imageId>',
  CreateImage: '<imageId>ami-12345678</imageId>',
  DescribeImages: '<imagesSet><item><imageId>ami-12345678</imageId><imageState>available</imageState></item></imagesSet>',
  RunInstances: '<instancesSet><item><instanceId>i-12345678</instanceId></item></instancesSet>',
}
let value = 'ami-old'

/** An API server with one image, and one parameter that accepts every value. */
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks).toString()
  const target = String(request.headers['x-amz-target'] ?? '')
  if (target.endsWith('PutParameter')) value = (JSON.parse(body) as { Value: string }).Value
  if (target !== '') return response.writeHead(200).end(JSON.stringify({ Parameter: { Name: '/x', Value: value } }))
  const action = /Action=(\w+)/.exec(body)?.[1] ?? ''
  return response.writeHead(200, { 'content-type': 'text/xml' }).end(`<${action}Response>${ec2Answers[action]}</${action}Response>`)
})
let gateway: Gateway
let ec2: EC2Client

beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  gateway = await startGateway(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  Object.assign(process.env, motoEnvironment(gateway.url))
  ec2 = new EC2Client({ maxAttempts: 1 })
})
beforeEach(() => {
  gateway.faults = {}
  value = 'ami-old'
})
afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  server.close()
})

test('a parameter with an image answers late: a promotion waits for the new value', async () => {
  gateway.faults = { lateReads: 3 }
  const ssm = new SSMClient({})
  await ssm.send(new PutParameterCommand({ Name: '/x', Value: 'ami-new', Overwrite: true }))
  const again = new PutParameterCommand({ Name: '/x', Value: 'ami-newer', Overwrite: true })
  await expect(ssm.send(again)).rejects.toThrow('validation is still in process')
  expect((await ssm.send(new GetParameterCommand({ Name: '/x' }))).Parameter?.Value).toBe('ami-old')
  await waitForParameter('/x', 'ami-new', { region: 'eu-central-1', pauseMs: 1 })
  expect((await ssm.send(new GetParameterCommand({ Name: '/x' }))).Parameter?.Value).toBe('ami-new')
})

test('a copy that fails after its start is an error with the ID of the image and its state', async () => {
  gateway.faults = { failCopiesIn: 'eu-central-1' }
  await ec2.send(new CopyImageCommand({ Name: 'x', SourceImageId: 'ami-1', SourceRegion: 'eu-west-1' }))
  expect((await ec2.send(new DescribeImagesCommand({}))).Images?.[0]?.State).toBe('pending')
  await expect(waitForImage('ami-12345678', { deadlineMs: 10_000, pauseMs: 1 })).rejects.toThrow('image ami-12345678 is failed')
})

const Tags = [{ Key: 'CostCentre', Value: '42' }]
const launch = (kinds: readonly string[], spot = false) =>
  ec2.send(
    new RunInstancesCommand({
      ...{ ImageId: 'ami-12345678', MinCount: 1, MaxCount: 1 },
      TagSpecifications: kinds.map((ResourceType) => ({ ResourceType, Tags }) as TagSpecification),
      ...(spot ? { InstanceMarketOptions: { MarketType: 'spot' } } : {}),
    }),
  )

test.each([
  [['instance', 'volume', 'network-interface'], false, true],
  [['instance', 'volume'], false, false],
  [['network-interface', 'volume'], false, false],
  [['instance', 'volume', 'network-interface'], true, false],
  [['instance', 'volume', 'network-interface', 'spot-instances-request'], true, true],
])('if tags are demanded, a launch with tags on %j (spot: %s) is allowed: %s', async (kinds, spot, isAllowed) => {
  gateway.faults = { demandTags: ['CostCentre'] }
  const launched = await launch(kinds, spot).then(
    () => true,
    ({ name }: Error) => name,
  )
  expect(launched).toBe(isAllowed || 'UnauthorizedOperation')
})

test('if tags are demanded, an image without them is refused, and one with them is made', async () => {
  gateway.faults = { demandTags: ['CostCentre'] }
  const image = { Name: 'x', InstanceId: 'i-12345678' }
  const wrong: TagSpecification = { ResourceType: 'snapshot', Tags }
  for (const TagSpecifications of [undefined, [wrong]])
    await expect(ec2.send(new CreateImageCommand({ ...image, TagSpecifications }))).rejects.toMatchObject({ name: 'UnauthorizedOperation' })
  const right: TagSpecification = { ResourceType: 'image', Tags }
  expect((await ec2.send(new CreateImageCommand({ ...image, TagSpecifications: [right] }))).ImageId).toBe('ami-12345678')
})

test('credentials expire with a call, and stay expired for all services until the fault ends', async () => {
  gateway.faults = { expireAt: 'RunInstances' }
  const describe = () => ec2.send(new DescribeImagesCommand({}))
  await describe()
  await expect(launch([])).rejects.toMatchObject({ name: 'RequestExpired' })
  await expect(describe()).rejects.toMatchObject({ name: 'RequestExpired' })
  await expect(new SSMClient({}).send(new GetParameterCommand({ Name: '/x' }))).rejects.toMatchObject({ name: 'ExpiredTokenException' })
  gateway.faults = {}
  expect((await describe()).Images).toHaveLength(1)
})

test('a region that is not enabled rejects the credentials; others do not', async () => {
  gateway.faults = { closedRegions: ['eu-west-1'] }
  const closed = new EC2Client({ region: 'eu-west-1', maxAttempts: 1 })
  await expect(closed.send(new DescribeImagesCommand({}))).rejects.toMatchObject({ name: 'AuthFailure' })
  expect((await ec2.send(new DescribeImagesCommand({}))).Images).toHaveLength(1)
})
