import type { Phase } from './phases.ts'

/** What a build tells while it runs. The command line shows it, the record keeps it. */
export type BuildEvent =
  | {
      readonly type: 'phase'
      readonly phase: Phase
      readonly status: 'started' | 'done' | 'failed'
      readonly at: string
      readonly durationMs?: number
    }
  /** The task running now: an Ansible task, a suite, a download. */
  | { readonly type: 'task'; readonly phase: Phase; readonly name: string; readonly at: string }
  /** A task that ended. */
  | {
      readonly type: 'task-done'
      readonly phase: Phase
      readonly name: string
      readonly status: 'ok' | 'changed' | 'failed' | 'skipped' | 'unreachable'
      readonly durationMs: number
      readonly at: string
    }
  | { readonly type: 'note'; readonly phase: Phase; readonly text: string; readonly at: string }
