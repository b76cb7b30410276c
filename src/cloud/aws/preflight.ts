import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypesCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  type Image,
  type InstanceTypeInfo,
  type Subnet,
} from '@aws-sdk/client-ec2'
import { GetServiceQuotaCommand } from '@aws-sdk/client-service-quotas'
import { MissingError, UsageError } from '../../core/errors.ts'
import type { Family } from '../../family/family.ts'
import { ask, clients } from './clients.ts'
import { isNotFound } from './errors.ts'
import { requireReach } from './reach.ts'

/** What would fail an hour later for want of permission to say so now. Throws UsageError or MissingError. */
export async function checkAccount(family: Family, image: Image): Promise<void> {
  checkSharing(family)
  requireReach(family.aws.reach)
  const [type] = await Promise.all([findInstanceType(family), checkSubnet(family), checkRegions(family)])
  checkArchitecture(type, image)
  await checkQuota(type, 1 + family.verify.clones)
}

/** AWS's own keys cannot be shared: an image encrypted by them starts in this account alone. */
function checkSharing({ aws }: Family): void {
  if (aws.share.accounts.length + aws.share.organizations.length === 0) return
  const without = Object.entries({ 'aws.kmsKeyId': aws.kmsKeyId, ...regionKeys(aws.regions) }).filter(([, key]) => isNotOurs(key))
  if (without.length === 0) return
  throw new UsageError(`Expected a KMS key of yours in ${without.map(([path]) => path).join(', ')}, because aws.share is set`, {
    hint: 'what is encrypted with the key of AWS itself (aws/ebs) cannot be shared with other accounts',
  })
}

function regionKeys(regions: Family['aws']['regions']): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(regions).map(([region, { kmsKeyId }]) => [`aws.regions.${region}.kmsKeyId`, kmsKeyId]))
}

function isNotOurs(key: string | undefined): boolean {
  return key === undefined || /(^|:)alias\/aws\//.test(key)
}

async function findInstanceType({ aws }: Family): Promise<InstanceTypeInfo> {
  const InstanceType = aws.instanceType as InstanceTypeInfo['InstanceType'] & string
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

async function checkSubnet({ aws: { subnetId } }: Family): Promise<void> {
  if (subnetId === undefined) {
    const Filters = [{ Name: 'is-default', Values: ['true'] }]
    const { Vpcs } = await ask('to look at networks', () => clients.ec2().send(new DescribeVpcsCommand({ Filters })))
    if (Vpcs?.length) return
    throw new MissingError('This region has no default VPC', { hint: 'name a subnet: aws.subnetId in family.yaml' })
  }
  const free = (await findSubnet(subnetId)).AvailableIpAddressCount ?? 2
  if (free < 2) throw new MissingError(`Subnet ${subnetId} has ${free} free addresses, a bake needs 2`)
}

/** The subnet. Throws UsageError when it is not there. */
export async function findSubnet(subnetId: string): Promise<Subnet> {
  try {
    const { Subnets } = await ask('to look at subnets', () => clients.ec2().send(new DescribeSubnetsCommand({ SubnetIds: [subnetId] })))
    if (Subnets?.[0]) return Subnets[0]
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  throw new UsageError(`aws.subnetId: there is no ${subnetId} in this region`)
}

/** Each of them must let us in: a region that is not enabled refuses the same credentials. */
async function checkRegions({ aws }: Family): Promise<void> {
  const Owners = ['self']
  await Promise.all(
    Object.keys(aws.regions).map((region) =>
      ask(`to use the region ${region}`, () => clients.ec2(region).send(new DescribeImagesCommand({ Owners, MaxResults: 5 }))),
    ),
  )
}

/** Running on-demand standard instances, counted in virtual processors. */
const standardQuota = 'L-1216C47A'

/** Only the standard types are counted: the others have quotas of their own. An account that does not tell is trusted. */
async function checkQuota(type: InstanceTypeInfo, instances: number): Promise<void> {
  if (!/^[acdhimrtz]/.test(type.InstanceType ?? '')) return
  const quota = await findQuota()
  if (quota === undefined) return
  const each = type.VCpuInfo?.DefaultVCpus ?? 1
  const used = await usedProcessors()
  if (used + each * instances <= quota) return
  throw new MissingError(`The quota is ${quota} virtual processors, ${used} are in use, and a bake needs ${each * instances}`, {
    hint: `ask for more: aws service-quotas request-service-quota-increase --service-code ec2 --quota-code ${standardQuota} --desired-value …`,
  })
}

async function findQuota(): Promise<number | undefined> {
  const query = new GetServiceQuotaCommand({ ServiceCode: 'ec2', QuotaCode: standardQuota })
  const answer = await clients
    .quotas()
    .send(query)
    .catch(() => undefined)
  return answer?.Quota?.Value
}

async function usedProcessors(): Promise<number> {
  const Filters = [{ Name: 'instance-state-name', Values: ['pending', 'running'] }]
  const { Reservations = [] } = await ask('to look at instances', () => clients.ec2().send(new DescribeInstancesCommand({ Filters })))
  const running = Reservations.flatMap(({ Instances }) => Instances ?? [])
  return running.reduce((sum, { CpuOptions }) => sum + (CpuOptions?.CoreCount ?? 1) * (CpuOptions?.ThreadsPerCore ?? 1), 0)
}
