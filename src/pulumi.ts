import { getOrganization, type Output, output, StackReference } from '@pulumi/pulumi'
import { type FamilyOutputs, parseLatestGood, requireOutput } from './model/outputs.ts'

/** The latest good image of a family, for a Pulumi program whose state is in the same backend. Fails if the family has no image yet. */
export function latestGood(family: string): Output<FamilyOutputs> {
  const stack = new StackReference(`${getOrganization()}/bakehouse/${family}`)
  return output(stack.outputs).apply(parseLatestGood)
}

/** The ID of an image in a region. Throws UsageError if the image was not copied to that region. */
export function imageIn({ imagesByRegion }: Pick<FamilyOutputs, 'imagesByRegion'>, region: string): string {
  return requireOutput(imagesByRegion, region)
}
