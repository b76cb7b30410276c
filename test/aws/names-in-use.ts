import { DescribeImagesCommand, EC2Client } from '@aws-sdk/client-ec2'
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
