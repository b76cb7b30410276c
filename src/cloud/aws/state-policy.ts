import { UsageError } from '../../core/errors.ts'
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
  const { bucket, path } = parseBackend(backend)
  const root = `arn:${partition}:s3:::${bucket}`
  const state = `${root}${path}/.pulumi`
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

function parseBackend(backend: string): { bucket: string; path: string } {
  const [, bucket, path = ''] = /^s3:\/\/([a-z0-9.-]+)(\/[\w./-]*?)?\/?(?:[?#].*)?$/.exec(backend) ?? []
  if (bucket === undefined) {
    throw new UsageError(`Expected the state to be a bucket, s3://…, got "${backend}"`, { hint: 'for example: --state s3://my-bucket' })
  }
  return { bucket, path }
}
