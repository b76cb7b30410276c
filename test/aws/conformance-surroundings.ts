import { randomUUID } from 'node:crypto'
import {
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  EC2Client,
  RunInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2'
import { motoImage } from './moto.ts'
import { queryXml } from './own-calls.ts'

/** What exists besides the resources of the conformance test. */
export interface Surroundings {
  readonly instance: string
  readonly vpc: string
  readonly defaultSecurityGroup: string
  readonly subnet: string
  readonly otherSubnet: string
  readonly targetGroup: string
  readonly otherTargetGroup: string
}

/** Creates the surroundings on the API server at `endpoint`. The instance is stopped. */
export async function makeSurroundings(endpoint: string): Promise<Surroundings> {
  const client = new EC2Client({ endpoint })
  const { Subnets = [] } = await client.send(new DescribeSubnetsCommand({ Filters: [{ Name: 'default-for-az', Values: ['true'] }] }))
  const [{ SubnetId: subnet = '', VpcId: vpc = '' }, { SubnetId: otherSubnet = '' }] = Subnets as [(typeof Subnets)[0], (typeof Subnets)[0]]
  const query = {
    Filters: [
      { Name: 'vpc-id', Values: [vpc] },
      { Name: 'group-name', Values: ['default'] },
    ],
  }
  const { SecurityGroups } = await client.send(new DescribeSecurityGroupsCommand(query))
  const { Instances } = await client.send(new RunInstancesCommand({ ImageId: motoImage, MinCount: 1, MaxCount: 1 }))
  const instance = Instances?.[0]?.InstanceId ?? ''
  await client.send(new StopInstancesCommand({ InstanceIds: [instance] }))
  const [targetGroup, otherTargetGroup] = [await makeTargetGroup(endpoint, vpc), await makeTargetGroup(endpoint, vpc)]
  return { instance, vpc, defaultSecurityGroup: SecurityGroups?.[0]?.GroupId ?? '', subnet, otherSubnet, targetGroup, otherTargetGroup }
}

/** Without a client of the SDK, because no other part of the project needs the one of this service. Returns the ARN. */
async function makeTargetGroup(endpoint: string, VpcId: string): Promise<string> {
  const query = { Action: 'CreateTargetGroup', Version: '2015-12-01', Name: randomUUID().slice(0, 8), VpcId, Protocol: 'HTTP', Port: '80' }
  const answer = await queryXml(endpoint, { service: 'elasticloadbalancing', region: 'eu-central-1' }, query)
  const arn = /<TargetGroupArn>(.*?)</.exec(answer)?.[1]
  if (arn === undefined) throw new Error(`no target group was created: ${answer}`)
  return arn
}
