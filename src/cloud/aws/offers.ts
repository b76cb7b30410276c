import { DescribeInstanceTypeOfferingsCommand, type Filter } from '@aws-sdk/client-ec2'
import { UsageError } from '../../core/errors.ts'
import type { BaseSearch } from '../cloud.ts'
import { ask, clients } from './clients.ts'

/**
 * Checks that the zones of a build offer its instance types. `zones`: those of its subnets, or of `aws.zones`; empty if EC2 chooses one.
 * Throws UsageError if none offers any; warns of each type that some do not offer.
 */
export async function checkOffers(types: readonly string[], zones: readonly string[], warn: BaseSearch['warn']): Promise<void> {
  if (zones.length === 0) return
  const offered = await readOffers(types, zones)
  const lacking = (type: string): string[] => zones.filter((zone) => !offered.has(`${type} ${zone}`))
  if (types.every((type) => lacking(type).length === zones.length)) {
    throw new UsageError(`${zones.join(', ')} ${zones.length > 1 ? 'offer' : 'offers'} none of the instance types ${types.join(', ')}`, {
      hint: `aws.instanceType: choose another type, or another zone; list the zones of a type: aws ec2 describe-instance-type-offerings --location-type availability-zone --filters Name=instance-type,Values=${types[0]}`,
    })
  }
  for (const type of types) {
    const missing = lacking(type)
    if (missing.length > 0)
      warn(`EC2 does not offer the instance type ${type} in ${missing.join(', ')}: there, machines have another type of the list`)
  }
}

/** Each offer as `<type> <zone>`. */
async function readOffers(types: readonly string[], zones: readonly string[]): Promise<ReadonlySet<string>> {
  const Filters: Filter[] = [
    { Name: 'instance-type', Values: [...types] },
    { Name: 'location', Values: [...zones] },
  ]
  const query = new DescribeInstanceTypeOfferingsCommand({ LocationType: 'availability-zone', Filters })
  const { InstanceTypeOfferings = [] } = await ask('to read the offers of zones', () => clients.ec2().send(query))
  return new Set(InstanceTypeOfferings.map(({ InstanceType, Location }) => `${InstanceType} ${Location}`))
}
