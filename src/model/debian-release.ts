/** The supported Debian releases, oldest first. */
export const debianReleases = ['bookworm', 'trixie'] as const

/** A supported Debian release. */
export type DebianRelease = (typeof debianReleases)[number]

/** What a Debian base contains: what Debian's own cloud image has, or less for a faster boot. The first is the default. */
export const debianVariants = ['standard', 'lean'] as const

export type DebianVariant = (typeof debianVariants)[number]
