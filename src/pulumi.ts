import { getOrganization, type Output, output, StackReference } from '@pulumi/pulumi'
import { type FamilyOutputs, parseLatestGood, requireOutput } from './model/outputs.ts'

/** The latest good image of a family, for a Pulumi program whose state is in the same backend. Fails if the family was never baked. */
export function latestGood(family: string): Output<FamilyOutputs> {
  const stack = new StackReference(`${getOrganization()}/bakehouse/${family}`)
  return output(stack.outputs).apply(parseLatestGood)
}

/** The id of an image in a region. Throws UsageError if it was not copied there. */
export function imageIn({ imagesByRegion }: Pick<FamilyOutputs, 'imagesByRegion'>, region: string): string {
  return requireOutput(imagesByRegion, region)
}
