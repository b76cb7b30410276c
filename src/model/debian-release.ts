/** The supported Debian releases, oldest first. */
export const debianReleases = ['bookworm', 'trixie'] as const

/** A supported Debian release. */
export type DebianRelease = (typeof debianReleases)[number]
