/** The supported Debian releases, oldest first. */
export const debianReleases = ['bookworm', 'trixie'] as const

/** A supported Debian release. */
export type DebianRelease = (typeof debianReleases)[number]

/** Variants of a Debian base image: the packages of Debian's cloud image, or fewer for a faster boot. The first is the default. */
export const debianVariants = ['standard', 'lean'] as const

/** A variant of a Debian base image. */
export type DebianVariant = (typeof debianVariants)[number]
