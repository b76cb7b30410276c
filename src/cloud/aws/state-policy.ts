import { type BucketPlace, findBucket } from '../../core/bucket-url.ts'
import { UsageError } from '../../core/errors.ts'
import { artifactsFolder } from '../../model/artifacts.ts'
import { allow, type Statement } from './statement.ts'

/** The state of builds in a bucket. */
export interface StateScope {
  readonly partition: string
  /** URL of the backend, `s3://bucket` or `s3://bucket/path`. Its parameters do not count. */
  readonly backend: string
  /** The only family whose stacks the role may write; without it, every family. */
  readonly family?: string | undefined
}

/**
 * The permissions of a build on its state in a bucket. It reads all stacks, because a family can have another family as its base, but it
 * writes only those of its own family: the family stack, the stacks of its builds, and the build lock. `meta.yaml`, which all stacks depend
 * on, is not among them, so the first stack of a bucket must be created by another role.
 */
export function stateStatements({ partition, backend, family }: StateScope): Statement[] {
  const { bucket, prefix } = parseBucket('state', backend)
  const root = `arn:${partition}:s3:::${bucket}`
  const state = [root, prefix, '.pulumi'].filter(Boolean).join('/')
  const own = family === undefined ? [`${state}/*`] : ownStacks(family).flatMap((stack) => objectsOf(state, stack))
  return [
    allow('ListState', ['s3:ListBucket'], root),
    allow('ReadState', ['s3:GetObject'], `${state}/*`),
    allow('WriteState', ['s3:DeleteObject', 's3:PutObject'], own),
  ]
}

/** The names of the stacks of a family, with the wildcards of IAM. No name of a family contains a dot, so the date is not part of one. */
function ownStacks(family: string): string[] {
  return [family, `${family}-????.??.??*`, `lease.${family}`]
}

/** The objects of a stack. The engine keeps history, locks and backups in folders with the name of the stack. */
function objectsOf(state: string, stack: string): string[] {
  const folders = ['history/bakehouse', 'locks/organization/bakehouse', 'backups/bakehouse']
  const files = ['json*', 'pulumi-tags*'].map((ending) => `${state}/stacks/bakehouse/${stack}.${ending}`)
  return [...files, ...folders.map((folder) => `${state}/${folder}/${stack}/*`)]
}

/**
 * The permissions of a build on its artifacts in a bucket. It reads those of all families, as `show --log` does, but it writes only those of
 * its own family, and deletes none. `at`: URL of their place, `s3://bucket/path`.
 */
export function artifactStatements({ partition, at, family }: Omit<StateScope, 'backend'> & { readonly at: BucketPlace }): Statement[] {
  const root = `arn:${partition}:s3:::${at.bucket}`
  const objects = at.prefix === '' ? root : `${root}/${at.prefix}`
  return [
    // Without it, an object that does not exist is an error of permission.
    allow('ListArtifacts', ['s3:ListBucket'], root),
    allow('ReadArtifacts', ['s3:GetObject'], `${objects}/*`),
    allow('WriteArtifacts', ['s3:PutObject'], `${objects}/${family ?? '*'}/*`),
  ]
}

/** The place of artifacts beside a state in a bucket. */
export function besideState(backend: string): BucketPlace {
  const { bucket, prefix, settings } = parseBucket('state', backend)
  return { bucket, prefix: [prefix, artifactsFolder].filter(Boolean).join('/'), settings }
}

/** Parses the URL of a bucket. Throws UsageError. `option`: the option of `npm run aws:policy` that it comes from. */
export function parseBucket(option: 'state' | 'artifacts', url: string): BucketPlace {
  const bucket = findBucket(url)
  if (bucket) return bucket
  throw new UsageError(`Expected the ${option} to be a bucket, s3://…, got "${url}"`, { hint: `for example: --${option} s3://my-bucket` })
}
