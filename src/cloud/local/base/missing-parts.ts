import type { DebianVariant } from '../../../model/debian-release.ts'
import type { Family } from '../../../model/family.ts'

interface MissingPart {
  /** Found in the cause of a failed task when the part is missing. */
  readonly signs: RegExp
  /** The only variant that lacks it. Default: all variants lack it. */
  readonly variant?: DebianVariant
  /** Whether it is there if the family refreshes the package lists. */
  readonly isRefreshed?: boolean
  readonly hint: string
}

/** Parts that playbooks expect but a Debian base image lacks. */
const missingParts: readonly MissingPart[] = [
  {
    signs:
      /\bgrub\b|grub-|\bgrubenv\b|netplan|resolvectl|systemd-resolved|timesyncd|timedatectl|apparmor|unattended-upgrade|iptables|polkit|pam_systemd|\bnano\b|\bvi\b/,
    variant: 'lean',
    hint: 'The lean Debian base does not have it. Use the standard one: base: {debian: …, variant: standard}',
  },
  {
    signs: /No package matching '[^']*' is available|Unable to locate package|has no installation candidate/,
    isRefreshed: true,
    hint: 'The package lists of the base image are empty. Set configure: {refreshPackages: true}, or use update_cache: true in the task',
  },
  {
    signs: /locale-gen|\/etc\/locale\.gen|locales-all/,
    hint: 'install the package locales first: the base image has only the locale C.UTF-8',
  },
]

/** The hint for a task that failed because a Debian base image lacks a part; undefined if that is not the reason. */
export function findMissingPartHint({ base, configure }: Pick<Family, 'base' | 'configure'>, cause: string): string | undefined {
  const lacks = ({ variant, isRefreshed }: MissingPart): boolean =>
    (variant === undefined || variant === base.variant) && !(isRefreshed && configure.refreshPackages)
  return missingParts.find((part) => lacks(part) && part.signs.test(cause))?.hint
}
