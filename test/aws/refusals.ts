import { DescribeImagesCommand, EC2Client } from '@aws-sdk/client-ec2'
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import type { Answer, Call } from './call.ts'
import { ownCalls } from './own-calls.ts'

const naming = ['CopyImage', 'CreateImage', 'RegisterImage']

/** EC2 has one image of a name in an account and a region, and refuses a second one. moto accepts it. */
export async function refuseNameInUse({ action, body, region }: Call, endpoint: string): Promise<Answer | undefined> {
  if (!naming.includes(action)) return undefined
  const name = /(?:^|&)Name=([^&]*)/.exec(body)?.[1] ?? ''
  const query = new DescribeImagesCommand({ Owners: ['self'], Filters: [{ Name: 'name', Values: [name] }] })
  const { Images = [] } = await new EC2Client(ownCalls(endpoint, region)).send(query)
  return Images.some(({ Name }) => Name === name) ? { status: 400, code: 'InvalidAMIName.Duplicate' } : undefined
}

/** A parameter keeps its type. moto changes it. */
export async function refuseOtherType({ action, body, region }: Call, endpoint: string): Promise<Answer | undefined> {
  if (action !== 'PutParameter') return undefined
  const { Name, Type } = JSON.parse(body) as { Name: string; Type?: string }
  const found = await new SSMClient(ownCalls(endpoint, region)).send(new GetParameterCommand({ Name })).catch(() => undefined)
  const isOther = found !== undefined && Type !== undefined && found.Parameter?.Type !== Type
  return isOther ? { status: 400, code: 'HierarchyTypeMismatchException' } : undefined
}
