import type { DebianVariant } from '../../../model/debian-release.ts'
import type { Base } from '../../../model/family.ts'

interface MissingPart {
  /** Found in the cause of a failed task when the part is missing. */
  readonly signs: RegExp
  /** The variant that lacks it. */
  readonly variant: DebianVariant
  readonly hint: string
}

const leanHint = 'The lean Debian base does not have it. Use the standard one: base: {debian: …, variant: standard}'

const programs = 'curl|ethtool|fuser|killall|lspci|screen|socat|tcpdump|traceroute|uuidgen|vim'

/** Parts that playbooks expect but a variant of the Debian base image lacks. guest/linux/missing-parts.ts has those that others lack too. */
const missingParts: readonly MissingPart[] = [
  {
    signs:
      /\bgrub\b|grub-|\bgrubenv\b|netplan|resolvectl|systemd-resolved|timesyncd|timedatectl|apparmor|unattended-upgrade|iptables|polkit|pam_systemd|\bnano\b|\bvi\b/,
    variant: 'lean',
    hint: leanHint,
  },
  {
    signs: new RegExp(`\\b(${programs}): (command )?not found|(file or directory:|executable) b?['"](${programs})['"]`),
    variant: 'lean',
    hint: leanHint,
  },
]

/** The hint for a task that failed because a Debian base image lacks a part; undefined if that is not the reason. */
export function findMissingPartHint(base: Base, cause: string): string | undefined {
  return missingParts.find(({ variant, signs }) => variant === base.variant && signs.test(cause))?.hint
}
