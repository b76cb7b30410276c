import { z } from 'zod'
import { sha256, text } from '../../../core/schema.ts'
import { debianReleases, debianVariants } from '../../../model/debian-release.ts'

/** The kinds of base images of the local cloud, in addition to `family`, which every cloud has. */
export const bases = {
  debian: z
    .strictObject({
      debian: z.enum(debianReleases).describe('The Debian release. For another distribution, use `image`.'),
      variant: z
        .enum(debianVariants)
        .default('standard')
        .describe('`standard` has the same packages as the cloud image of Debian, with GRUB. `lean` has fewer packages and boots faster.'),
    })
    .describe('Debian, as a disk that Bakehouse builds from Debian packages (local cloud).'),
  image: z
    .strictObject({
      image: text.describe('Path or URL of the disk image.'),
      sha256: sha256.describe('SHA-256 digest of that file: 64 hexadecimal digits, as sha256sum prints it.'),
    })
    .describe('Any disk image that you provide (local cloud).'),
}

/** The base of a family on the local cloud. */
export type LocalBase =
  | ({ readonly kind: 'debian' } & z.output<typeof bases.debian>)
  | ({ readonly kind: 'image' } & z.output<typeof bases.image>)
  | { readonly kind: 'family' }
