import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isPrivate } from '../core/backend-url.ts'
import { type BucketPlace, findBucket } from '../core/bucket-url.ts'
import { findVariable } from '../core/environment.ts'
import { UsageError } from '../core/errors.ts'
import { artifactsFolder } from '../model/artifacts.ts'

/** The place of the artifacts of all builds: a folder, or a part of a bucket. */
export type ArtifactsRoot = { readonly folder: string } | BucketPlace

/**
 * The place of artifacts: that of `BAKEHOUSE_ARTIFACTS`, else a folder beside the state if other computers use the state and it is a folder
 * or an S3 bucket. Undefined if there is none. Throws UsageError for a value that is neither.
 */
export function findRoot(backend: string): ArtifactsRoot | undefined {
  const given = findVariable('BAKEHOUSE_ARTIFACTS')
  return given === undefined ? findBesideState(backend) : parseRoot(given)
}

/** Parses the place of artifacts that a user chose, or that a record contains. */
export function parseRoot(text: string): ArtifactsRoot {
  const bucket = findBucket(text)
  if (bucket) return bucket
  if (text.startsWith('file:///')) return { folder: fileURLToPath(text) }
  if (/^[a-z0-9]+:\/\//i.test(text)) {
    throw new UsageError(`Expected BAKEHOUSE_ARTIFACTS to be a folder or s3://…, got "${text}"`, {
      hint: 'for another kind of bucket, set it to a folder in which the bucket is mounted',
    })
  }
  return { folder: text.startsWith('~/') ? join(homedir(), text.slice(2)) : resolve(text) }
}

function findBesideState(backend: string): ArtifactsRoot | undefined {
  const bucket = findBucket(backend)
  if (bucket) return { ...bucket, prefix: [bucket.prefix, artifactsFolder].filter(Boolean).join('/') }
  if (!backend.startsWith('file:///') || isPrivate(backend)) return undefined
  return { folder: join(fileURLToPath(backend), artifactsFolder) }
}
