import { UsageError } from '../../../core/errors.ts'
import { stateCommandLine } from '../../../core/program.ts'
import type { Family } from '../../../model/family.ts'
import type { BaseImage } from '../../../model/image.ts'
import type { FamilyOutputs } from '../../../model/outputs.ts'
import type { BaseSearch } from '../../cloud.ts'
import { findImage, imagePath } from '../store/images.ts'
import { requireDigest } from '../store/require-digest.ts'
import { digestInName } from './base-disks.ts'
import { ensureDebianBase } from './debian.ts'
import { ensureGivenImage } from './given-image.ts'
import type { LocalBase } from './kinds.ts'

/**
 * The base image of a family; makes or downloads it if needed. Throws UsageError if it does not exist or has another digest, and
 * MissingError if this computer lacks something.
 */
export async function resolveLocalBase(family: Family, { progress, signal, latestGood }: BaseSearch): Promise<BaseImage> {
  const base = family.base as LocalBase
  if (base.kind === 'debian') {
    const { path, disk } = await ensureDebianBase({ release: base.debian, variant: base.variant, progress, signal })
    await requireDigest(path, `sha256:${digestInName(path)}`)
    return { id: path, name: disk.name, digest: disk.digest }
  }
  if (base.kind === 'image') return ensureGivenImage({ image: base.image, sha256: base.sha256, family, progress, signal })
  if (base.kind === 'family') return findAncestor(await latestGood())
  throw new UsageError(`${family.name}: a base on AWS cannot be used on the local cloud`, {
    hint: 'base: {debian: bookworm}, base: {image: …, sha256: …} or base: {family: …}',
  })
}

/** The latest good image of the parent family. It must be on this computer. */
async function findAncestor({ family, version, imageId, imageName, digest }: FamilyOutputs): Promise<BaseImage> {
  if (await findImage(imageId)) {
    await requireDigest(imagePath(imageId), digest)
    return { id: imageId, name: imageName, digest, ancestor: { family, version } }
  }
  throw new UsageError(`The latest good image of ${family}, ${imageName}, is not in the store of this project`, {
    hint: `build it again: ${stateCommandLine('--family', family)}`,
  })
}
