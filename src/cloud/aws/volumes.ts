import type { AwsOptions } from './options.ts'

/** Type and performance of a volume. */
export type Volume = NonNullable<AwsOptions['volume']>
