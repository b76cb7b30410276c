import { UsageError } from '../../../core/errors.ts'
import type { BaseImage } from '../../../core/model.ts'
import type { Family } from '../../../family/family.ts'
import { listImages } from '../store/images.ts'
import { ensureDebianBase } from './debian.ts'
import { ensureGivenImage } from './given-image.ts'

/**
 * The disk a family starts from, made or fetched first where that is needed.
 * Throws UsageError for a base that is not there or not the one that was meant, MissingError for what this machine lacks.
 */
export async function resolveLocalBase(family: Family, progress: (line: string) => void, signal: AbortSignal): Promise<BaseImage> {
  const { base } = family
  if ('debian' in base) {
    const { path, disk } = await ensureDebianBase({ progress, signal })
    return { id: path, name: disk.name, digest: disk.digest }
  }
  if ('image' in base) return ensureGivenImage({ ...base, family, progress, signal })
  if ('family' in base) return findAncestor(base.family, family.name)
  throw new UsageError(`${family.name}: a base on AWS cannot be used on the local cloud`, {
    hint: 'base: {debian: bookworm}, base: {image: …, sha256: …} or base: {family: …}',
  })
}

/** The newest promoted image of another family. */
async function findAncestor(ancestor: string, family: string): Promise<BaseImage> {
  const promoted = (await listImages()).filter(({ tags }) => tags.family === ancestor && tags.stage === 'promoted')
  const newest = promoted.toSorted((one, other) => (one.created < other.created ? 1 : -1))[0]
  if (!newest) {
    throw new UsageError(`${family} starts from ${ancestor}, of which there is no good image yet`, {
      hint: `bake ${ancestor} first: npm run bake -- --family ${ancestor}`,
    })
  }
  return { id: newest.name, name: newest.name, digest: newest.digest, ancestor: { family: ancestor, version: newest.tags.version } }
}
