import type { Report } from '../core/lock.ts'

/** The plan for one tool: it is there already (`have`), or `run` installs it. */
export type SetupTask<T> =
  | { readonly have: T }
  | {
      /** What `run` will do, for the first line of the display. */
      readonly todo: string
      run(report: Report): Promise<T>
    }
