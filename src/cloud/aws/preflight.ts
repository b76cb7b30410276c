import { DescribeInstanceTypesCommand, type Image, type InstanceTypeInfo } from '@aws-sdk/client-ec2'
import { UsageError } from '../../core/errors.ts'
import type { Family } from '../../model/family.ts'
import { ask, clients } from './clients.ts'
import { optionsOf } from './family-options.ts'
import { checkKeys } from './keys.ts'
import { checkNetwork, type Surroundings } from './network.ts'
import { checkOffers } from './offers.ts'
import { typesOf } from './places.ts'
import { checkQuota } from './quota.ts'
import { checkRegions } from './regions.ts'

/** Checks that need AWS calls and would otherwise fail late in the build. Throws UsageError or MissingError. */
export async function checkAccount(family: Family, image: Image, { region, warn }: Surroundings): Promise<void> {
  const options = optionsOf(family)
  await checkRegions(options)
  const network = checkNetwork(family, { region, warn })
  const [types, zones] = await Promise.all([findInstanceTypes(typesOf(options)), network, checkKeys(options, region)])
  for (const type of types) checkArchitecture(type, image)
  await checkOffers(typesOf(options), zones, warn)
  // The base machine is stopped when the trials run, so it does not count.
  if (options.spot !== 'all') await checkQuota(types, family.verify.clones)
}

async function findInstanceTypes(wanted: readonly string[]): Promise<InstanceTypeInfo[]> {
  const query = new DescribeInstanceTypesCommand({ Filters: [{ Name: 'instance-type', Values: [...wanted] }] })
  const { InstanceTypes = [] } = await ask('to read instance types', () => clients.ec2().send(query))
  return wanted.map((name) => {
    const found = InstanceTypes.find(({ InstanceType }) => InstanceType === name)
    if (found) return found
    throw new UsageError(`aws.instanceType: ${name} does not exist in this region`, {
      hint: 'list the types: aws ec2 describe-instance-type-offerings',
    })
  })
}

function checkArchitecture({ InstanceType, ProcessorInfo }: InstanceTypeInfo, { ImageId, Architecture }: Image): void {
  const supported: readonly string[] = ProcessorInfo?.SupportedArchitectures ?? []
  if (!Architecture || supported.length === 0 || supported.includes(Architecture)) return
  throw new UsageError(
    `aws.instanceType: ${InstanceType} supports ${supported.join(', ')}, but the base image ${ImageId} is for ${Architecture}`,
    { hint: 'choose an instance type or a base image with the other architecture' },
  )
}
