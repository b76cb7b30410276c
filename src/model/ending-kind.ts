/** The ways in which a build can end. */
export type EndingKind = 'promoted' | 'rejected' | 'missing' | 'cancelled' | 'interrupted' | 'bug'

/** The exit code of each ending. It tells who must act. */
export const exitCodes: Readonly<Record<EndingKind, number>> = {
  promoted: 0,
  bug: 1,
  missing: 3,
  cancelled: 8,
  interrupted: 9,
  rejected: 10,
}

/** The status of each ending in a record and in JSON. Several endings have the same status. */
export const statuses = {
  promoted: 'promoted',
  bug: 'failed',
  missing: 'failed',
  rejected: 'failed',
  cancelled: 'cancelled',
  interrupted: 'interrupted',
} as const satisfies Record<EndingKind, string>
