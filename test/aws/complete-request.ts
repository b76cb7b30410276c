import { DescribeImagesCommand, EC2Client } from '@aws-sdk/client-ec2'
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import type { Call } from './call.ts'
import { ownCalls } from './own-calls.ts'

/** The body of a call, with what AWS completes by itself and moto does not. */
export async function completeRequest(call: Call, body: string, endpoint: string): Promise<string> {
  if (call.action === 'RunInstances') return completeVolumes(call, body, endpoint)
  if (call.action === 'ModifyInstanceAttribute') return renameAttribute(body)
  if (call.action === 'CreateLaunchTemplateVersion') return leaveOutEmpty(body)
  if (call.action === 'PutParameter') return keepDataType(call, body, endpoint)
  return body
}

/** EC2 takes the size of a volume from the image if the call has none; moto refuses the call. */
async function completeVolumes({ body: decoded, region }: Call, body: string, endpoint: string): Promise<string> {
  const parameters = new Map(decoded.split('&').map((pair) => pair.split('=', 2) as [string, string]))
  const numbers = new Set([...parameters.keys()].flatMap((key) => /^BlockDeviceMapping\.(\d+)\.Ebs\./.exec(key)?.[1] ?? []))
  const incomplete = [...numbers].filter((number) =>
    ['VolumeSize', 'SnapshotId'].every((name) => !parameters.has(`BlockDeviceMapping.${number}.Ebs.${name}`)),
  )
  if (incomplete.length === 0) return body
  const size = await readRootSize(new EC2Client(ownCalls(endpoint, region)), parameters.get('ImageId') ?? '')
  return [body, ...incomplete.map((number) => `BlockDeviceMapping.${number}.Ebs.VolumeSize=${size}`)].join('&')
}

async function readRootSize(client: EC2Client, image: string): Promise<number> {
  const { Images = [] } = await client.send(new DescribeImagesCommand({ ImageIds: [image] }))
  return Images[0]?.BlockDeviceMappings?.[0]?.Ebs?.VolumeSize ?? 8
}

/** moto takes a change of one attribute for a change of the security groups, and removes them, if the attribute is not named like this. */
function renameAttribute(body: string): string {
  return body.replace(
    /(^|&)(InstanceInitiatedShutdownBehavior|DisableApiStop|DisableApiTermination|SourceDestCheck)\.Value=/,
    (_, start, name: string) => {
      return `${start}Attribute=${name.charAt(0).toLowerCase()}${name.slice(1)}&Value=`
    },
  )
}

/** The provider sends empty user data with a new version of a template. EC2 takes it as none; moto then fails to start instances. */
function leaveOutEmpty(body: string): string {
  return body.replace(/(^|&)LaunchTemplateData\.UserData=(?=&|$)/, '')
}

/** A parameter keeps its data type when it gets another value; in moto, it becomes a text. */
async function keepDataType({ region }: Call, body: string, endpoint: string): Promise<string> {
  const { Name, Overwrite, ...rest } = JSON.parse(body) as { Name: string; Overwrite?: boolean; DataType?: string }
  if (!Overwrite || rest.DataType !== undefined) return body
  const { Parameter } = await new SSMClient(ownCalls(endpoint, region))
    .send(new GetParameterCommand({ Name }))
    .catch(() => ({ Parameter: undefined }))
  return JSON.stringify({ Name, Overwrite, ...rest, ...(Parameter?.DataType ? { DataType: Parameter.DataType } : {}) })
}
