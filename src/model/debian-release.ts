/** The supported Debian releases, oldest first. */
export const debianReleases = ['bookworm', 'trixie'] as const

export type DebianRelease = (typeof debianReleases)[number]
