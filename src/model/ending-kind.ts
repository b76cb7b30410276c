/** The ways in which a build can end. */
export type EndingKind = 'promoted' | 'rejected' | 'missing' | 'cancelled' | 'interrupted' | 'bug'

/** The exit code of each ending: it says who must act. */
export const exitCodes: Readonly<Record<EndingKind, number>> = {
  promoted: 0,
  bug: 1,
  missing: 3,
  cancelled: 8,
  interrupted: 9,
  rejected: 10,
}

/** The status of each ending in a record and in JSON. There are fewer of these than endings. */
export const statuses = {
  promoted: 'promoted',
  bug: 'failed',
  missing: 'failed',
  rejected: 'failed',
  cancelled: 'cancelled',
  interrupted: 'interrupted',
} as const satisfies Record<EndingKind, string>
