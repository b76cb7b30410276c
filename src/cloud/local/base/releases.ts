import type { DebianRelease } from '../../../model/debian-release.ts'

/** The title of the boot entry of each release. */
export const releaseTitles: Readonly<Record<DebianRelease, string>> = {
  bookworm: 'Debian GNU/Linux 12 (bookworm)',
  trixie: 'Debian GNU/Linux 13 (trixie)',
}
