/** The releases of Debian that a base disk can be made of, the oldest first. */
export const debianReleases = ['bookworm', 'trixie'] as const

export type DebianRelease = (typeof debianReleases)[number]
