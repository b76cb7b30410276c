import type { OptionProblem } from '../descriptor.ts'

/** A subnet is in one zone, and a zone has one default subnet: only one of both can be chosen. */
export function checkPlaces({ subnetId, zones }: { readonly subnetId?: unknown; readonly zones?: unknown }): OptionProblem[] {
  if (subnetId === undefined || zones === undefined) return []
  return [
    {
      path: ['zones'],
      text: 'expected aws.subnetId or aws.zones, got both',
      hint: 'aws.zones are zones of the default VPC: remove it, and list a subnet for each zone in aws.subnetId',
    },
  ]
}
