import { z } from 'zod'
import { sha256, text } from '../../../core/schema.ts'
import { debianReleases } from '../../../model/debian-release.ts'

/** The kinds of base that the local cloud can start from, beside another family. */
export const bases = {
  debian: z.strictObject({ debian: z.enum(debianReleases) }).describe("A Debian disk built from Debian's own packages (embedded cloud)."),
  image: z.strictObject({ image: text, sha256 }).describe('Any disk image by path or URL (embedded cloud).'),
}

/** The base of a family on the local cloud. */
export type LocalBase =
  | ({ readonly kind: 'debian' } & z.output<typeof bases.debian>)
  | ({ readonly kind: 'image' } & z.output<typeof bases.image>)
  | { readonly kind: 'family' }
