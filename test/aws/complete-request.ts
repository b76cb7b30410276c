import { DescribeImagesCommand, EC2Client } from '@aws-sdk/client-ec2'
import type { Call } from './call.ts'

/** The body of a call, with what EC2 takes from the image and moto demands: the size of a volume that the call describes without one. */
export async function completeRequest({ action, region, body: decoded }: Call, body: string, endpoint: string): Promise<string> {
  if (action !== 'RunInstances') return body
  const parameters = new Map(decoded.split('&').map((pair) => pair.split('=', 2) as [string, string]))
  const numbers = new Set([...parameters.keys()].flatMap((key) => /^BlockDeviceMapping\.(\d+)\.Ebs\./.exec(key)?.[1] ?? []))
  const incomplete = [...numbers].filter((number) =>
    ['VolumeSize', 'SnapshotId'].every((name) => !parameters.has(`BlockDeviceMapping.${number}.Ebs.${name}`)),
  )
  if (incomplete.length === 0) return body
  const size = await readRootSize(new EC2Client({ endpoint, region }), parameters.get('ImageId') ?? '')
  return [body, ...incomplete.map((number) => `BlockDeviceMapping.${number}.Ebs.VolumeSize=${size}`)].join('&')
}

async function readRootSize(client: EC2Client, image: string): Promise<number> {
  const { Images = [] } = await client.send(new DescribeImagesCommand({ ImageIds: [image] }))
  return Images[0]?.BlockDeviceMappings?.[0]?.Ebs?.VolumeSize ?? 8
}
