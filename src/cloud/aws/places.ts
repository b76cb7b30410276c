import type { AwsOptions } from './options.ts'

/** Where a machine can be started: an instance type, in a subnet or in a zone. Without both, EC2 chooses a zone of the default VPC. */
export interface Place {
  readonly instanceType: string
  readonly subnetId?: string
  readonly zone?: string
}

/** The instance types of a family, in the order in which they are tried. */
export function typesOf({ instanceType }: Pick<AwsOptions, 'instanceType'>): readonly string[] {
  return [instanceType].flat()
}

/** The subnets of a family, in the order in which they are tried; empty for the default VPC. */
export function subnetsOf({ subnetId }: Pick<AwsOptions, 'subnetId'>): readonly string[] {
  return [subnetId ?? []].flat()
}

/** The places of a family in the order in which they are tried: each subnet or zone for the first type, then for the next type. */
export function placesOf(options: Pick<AwsOptions, 'instanceType' | 'subnetId' | 'zones'>): Place[] {
  const subnets = subnetsOf(options).map((subnetId) => ({ subnetId }))
  const zones = (options.zones ?? []).map((zone) => ({ zone }))
  const where = [...subnets, ...zones]
  return typesOf(options).flatMap((instanceType) => (where.length > 0 ? where : [{}]).map((each) => ({ instanceType, ...each })))
}

/** A place in words, for messages. */
export function renderPlace({ instanceType, subnetId, zone }: Place): string {
  const where = subnetId ?? zone
  return where === undefined ? instanceType : `${instanceType} in ${where}`
}
