import type { BakeOutcome } from './outcome.ts'
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

/** What is told while families are baked: all of their builds, and how each bake ended. */
export type BakeEvent = BuildEvent | { readonly type: 'ended'; readonly status: BakeOutcome['status']; readonly at: string }

/** Is told what happens in the bake of a family. */
export type FamilyListener = (family: string, event: BakeEvent) => void
