import { DescribeImagesCommand, DescribeInstanceTypesCommand, type Image, type InstanceTypeInfo } from '@aws-sdk/client-ec2'
import { UsageError } from '../../core/errors.ts'
import type { Family } from '../../model/family.ts'
import { ask, clients } from './clients.ts'
import { optionsOf } from './family-options.ts'
import { checkNetwork } from './network.ts'
import type { AwsOptions } from './options.ts'
import { checkQuota } from './quota.ts'

/** What would fail an hour later for want of permission to say so now. Throws UsageError or MissingError. */
export async function checkAccount(family: Family, image: Image, region: string): Promise<void> {
  const options = optionsOf(family)
  checkSharing(options)
  const [type] = await Promise.all([findInstanceType(options), checkNetwork(family, region), checkRegions(options)])
  checkArchitecture(type, image)
  // The base is stopped when the trials run: it counts no more.
  await checkQuota(type, family.verify.clones)
}

/** AWS's own keys cannot be shared: an image encrypted by them starts in this account alone. */
function checkSharing({ share, kmsKeyId, regions }: AwsOptions): void {
  if (share.accounts.length + share.organizations.length === 0) return
  const without = Object.entries({ 'aws.kmsKeyId': kmsKeyId, ...regionKeys(regions) }).filter(([, key]) => isNotOurs(key))
  if (without.length === 0) return
  throw new UsageError(`Expected a KMS key of yours in ${without.map(([path]) => path).join(', ')}, because aws.share is set`, {
    hint: 'what is encrypted with the key of AWS itself (aws/ebs) cannot be shared with other accounts',
  })
}

function regionKeys(regions: AwsOptions['regions']): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(regions).map(([region, { kmsKeyId }]) => [`aws.regions.${region}.kmsKeyId`, kmsKeyId]))
}

function isNotOurs(key: string | undefined): boolean {
  return key === undefined || /(^|:)alias\/aws\//.test(key)
}

async function findInstanceType({ instanceType }: AwsOptions): Promise<InstanceTypeInfo> {
  const InstanceType = instanceType as InstanceTypeInfo['InstanceType'] & string
  const { InstanceTypes } = await ask('to look at instance types', () =>
    clients.ec2().send(new DescribeInstanceTypesCommand({ Filters: [{ Name: 'instance-type', Values: [InstanceType] }] })),
  )
  if (InstanceTypes?.[0]) return InstanceTypes[0]
  throw new UsageError(`aws.instanceType: this region has no ${InstanceType}`)
}

function checkArchitecture({ InstanceType, ProcessorInfo }: InstanceTypeInfo, { ImageId, Architecture }: Image): void {
  const supported: readonly string[] = ProcessorInfo?.SupportedArchitectures ?? []
  if (!Architecture || supported.length === 0 || supported.includes(Architecture)) return
  throw new UsageError(`aws.instanceType: ${InstanceType} runs ${supported.join(', ')}, the base image ${ImageId} is for ${Architecture}`)
}

/** Each of them must let us in: a region that is not enabled refuses the same credentials. */
async function checkRegions({ regions }: AwsOptions): Promise<void> {
  const Owners = ['self']
  await Promise.all(
    Object.keys(regions).map((region) =>
      ask(`to use the region ${region}`, () => clients.ec2(region).send(new DescribeImagesCommand({ Owners, MaxResults: 5 }))),
    ),
  )
}
