import type { BakeOutcome } from './outcome.ts'
import type { Phase } from './phases.ts'

/** Events emitted during a build, for the progress display and the record. */
export type BuildEvent =
  | {
      readonly type: 'phase'
      readonly phase: Phase
      readonly status: 'started' | 'done' | 'failed'
      readonly at: string
      readonly durationMs?: number
    }
  /** The current task: an Ansible task, a suite, a download. */
  | { readonly type: 'task'; readonly phase: Phase; readonly name: string; readonly at: string }
  /** A task has ended. */
  | {
      readonly type: 'task-done'
      readonly phase: Phase
      readonly name: string
      readonly status: 'ok' | 'changed' | 'failed' | 'skipped' | 'unreachable'
      readonly durationMs: number
      readonly at: string
    }
  | { readonly type: 'note'; readonly phase: Phase; readonly text: string; readonly at: string }

/** Events of several builds, and the outcome of each. */
export type BakeEvent = BuildEvent | { readonly type: 'ended'; readonly status: BakeOutcome['status']; readonly at: string }

/** Receives the events of the build of a family. */
export type FamilyListener = (family: string, event: BakeEvent) => void
