import { getOrganization, type Output, output, StackReference } from '@pulumi/pulumi'
import { imageStack } from './model/channel.ts'
import { type FamilyOutputs, parseLatestGood, requireOutput } from './model/outputs.ts'

/** Options of `latestGood`. */
export interface LatestGoodOptions {
  /** Read this channel of the family instead: the stack `bakehouse/<family>.<channel>`, which a program of yours updates. */
  readonly channel?: string
}

/**
 * The latest good image of a family, for a Pulumi program whose state is in the same backend. Fails if the family, or its channel, has no
 * image yet.
 */
export function latestGood(family: string, { channel }: LatestGoodOptions = {}): Output<FamilyOutputs> {
  const name = imageStack(family, channel)
  const stack = new StackReference(`${getOrganization()}/bakehouse/${name}`)
  return output(stack.outputs).apply(parseLatestGood)
}

/** The ID of an image in a region. Throws UsageError if the image was not copied to that region. */
export function imageIn({ imagesByRegion }: Pick<FamilyOutputs, 'imagesByRegion'>, region: string): string {
  return requireOutput(imagesByRegion, region)
}
