import { DescribeRegionsCommand } from '@aws-sdk/client-ec2'
import { MissingError } from '../../core/errors.ts'
import { ask, clients } from './clients.ts'
import type { AwsOptions } from './options.ts'

/**
 * Checks that each region of a family exists and is enabled for the account. A region that is not enabled answers every call with
 * `AuthFailure`, as if the credentials were wrong. Throws MissingError.
 */
export async function checkRegions({ regions }: Pick<AwsOptions, 'regions'>): Promise<void> {
  const wanted = Object.keys(regions)
  if (wanted.length === 0) return
  const { Regions = [] } = await ask('to read the regions', () => clients.ec2().send(new DescribeRegionsCommand({ AllRegions: true })))
  const states = new Map(Regions.map(({ RegionName = '', OptInStatus = '' }) => [RegionName, OptInStatus]))
  for (const region of wanted) {
    const state = states.get(region)
    if (state === undefined) throw new MissingError(`The region ${region} does not exist`, { hint: 'aws.regions: check the name' })
    if (state !== 'not-opted-in') continue
    throw new MissingError(`The region ${region} is not enabled for this AWS account`, {
      hint: `enable it: aws account enable-region --region-name ${region}; or remove it from aws.regions`,
    })
  }
}
