import type { Family } from '../../model/family.ts'
import type { AwsBase, AwsOptions } from './options.ts'

/** The section `aws` of a family. The schema in `options.ts` has validated it. */
export function optionsOf({ sections }: Pick<Family, 'sections'>): AwsOptions {
  return sections.aws as AwsOptions
}

/** The base of a family on EC2. */
export function baseOf({ base }: Pick<Family, 'base'>): AwsBase {
  return base as AwsBase
}
