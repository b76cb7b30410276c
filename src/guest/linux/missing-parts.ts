import type { Configure } from '../../model/family.ts'

interface MissingPart {
  /** Found in the cause of a failed task when the part is missing. */
  readonly signs: RegExp
  /** Whether it is there if the family refreshes the package lists. */
  readonly isRefreshed?: boolean
  readonly hint: string
}

/** Parts that playbooks expect but a Linux base image can lack. Sealing removes the package lists, so the image of a parent family has none. */
const missingParts: readonly MissingPart[] = [
  {
    signs:
      /No package matching '[^']*' is available|Unable to locate package|has no installation candidate|Failed to fetch \S+ +404 |Unable to fetch some archives/,
    isRefreshed: true,
    hint: 'The package lists of the base image may be empty or old. Set configure: {refreshPackages: true}, or use update_cache: true in the task',
  },
  {
    signs: /locale-gen|\/etc\/locale\.gen|locales-all/,
    hint: 'install the package locales first: the base image does not have it',
  },
]

/** The hint for a task that failed because the base image lacks a part; undefined if that is not the reason. */
export function findMissingPartHint({ refreshPackages }: Pick<Configure, 'refreshPackages'>, cause: string): string | undefined {
  return missingParts.find(({ signs, isRefreshed }) => !(isRefreshed && refreshPackages) && signs.test(cause))?.hint
}
