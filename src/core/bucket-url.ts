/** A part of an S3 bucket, from a URL such as `s3://bucket/path?region=eu-central-1`. */
export interface BucketPlace {
  readonly bucket: string
  /** The start of the names of its objects, without slashes at its ends; empty for the whole bucket. */
  readonly prefix: string
  /** The parameters of the URL: region, endpoint and others, as in the URL of a state backend. */
  readonly settings: Readonly<Record<string, string>>
}

/** Parses the URL of a bucket; undefined if it is no such URL. */
export function findBucket(url: string): BucketPlace | undefined {
  const [, bucket, path = '', settings = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]*)((?:\/[\w.-]+)*)\/*(?:[?#](.*))?$/.exec(url) ?? []
  if (bucket === undefined || path.split('/').includes('..')) return undefined
  return { bucket, prefix: path.slice(1), settings: Object.fromEntries(new URLSearchParams(settings)) }
}
