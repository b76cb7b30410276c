import { type Output, output } from '@pulumi/pulumi'
import { findRegion } from './clients.ts'
import { findKeyArn } from './keys.ts'

/** The ARN of a KMS key as the input of a resource in a region; without one, in the region of the build. Undefined without a key. */
export function keyInput(key: string | undefined, region?: string): Output<string> | undefined {
  return key === undefined ? undefined : output(region ?? findRegion()).apply((found) => findKeyArn(key, found))
}
