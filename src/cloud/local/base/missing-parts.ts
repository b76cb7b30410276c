import type { Base } from '../../../model/family.ts'

const programs = 'curl|ethtool|fuser|killall|lspci|screen|socat|tcpdump|traceroute|uuidgen|vim'

/** Found in the cause of a failed task if it needs what the lean variant lacks. guest/linux/missing-parts.ts has what others lack too. */
const signs: readonly RegExp[] = [
  /\bgrub\b|grub-|\bgrubenv\b|netplan|resolvectl|systemd-resolved|timesyncd|timedatectl|apparmor|unattended-upgrade|iptables|polkit|pam_systemd|\bnano\b|\bvi\b/,
  new RegExp(`\\b(${programs}): (command )?not found|(file or directory:|executable) b?['"](${programs})['"]`),
]

/** The hint for a task that failed because a Debian base image lacks a part; undefined if that is not the reason. */
export function findMissingPartHint({ variant }: Base, cause: string): string | undefined {
  if (variant !== 'lean' || !signs.some((sign) => sign.test(cause))) return undefined
  return 'The lean Debian base does not have it. Use the standard one: base: {debian: …, variant: standard}'
}
