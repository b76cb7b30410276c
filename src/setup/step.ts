import type { Report } from '../core/lock.ts'

/** What a look at the machine says of one tool: it is there, or this has to be done to have it. */
export type Plan<T> =
  | { readonly have: T }
  | {
      /** What will be done, for the first line of the display. */
      readonly todo: string
      run(report: Report): Promise<T>
    }
