import type { BakeEvent } from '../../model/events.ts'
import type { Phase } from '../../model/phases.ts'

/** The progress of one phase. */
export interface PhaseProgress {
  readonly phase: Phase
  readonly status: 'started' | 'done' | 'failed'
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly durationMs?: number
  /** The current task. */
  readonly task?: { readonly name: string; readonly startedAt: number }
  readonly tasksDone: number
}

/** The progress of one family. */
export interface FamilyProgress {
  readonly family: string
  readonly phases: readonly PhaseProgress[]
  readonly notes: readonly string[]
  /** How the build ended; absent while it runs. */
  readonly ended?: string
}

/** Returns the progress after an event. Does not change the given progress. */
export function advance(progress: FamilyProgress, event: BakeEvent): FamilyProgress {
  if (event.type === 'ended') return { ...progress, ended: event.status }
  if (event.type === 'note') return { ...progress, notes: [...progress.notes, event.text] }
  const now = Date.parse(event.at)
  const known = progress.phases.find(({ phase }) => phase === event.phase)
  const before: PhaseProgress = known ?? { phase: event.phase, status: 'started', startedAt: now, tasksDone: 0 }
  const after = advancePhase(before, event, now)
  const phases = known ? progress.phases.map((phase) => (phase === known ? after : phase)) : [...progress.phases, after]
  return { ...progress, phases }
}

function advancePhase(phase: PhaseProgress, event: Exclude<BakeEvent, { type: 'note' | 'ended' }>, now: number): PhaseProgress {
  if (event.type === 'task') return phase.task?.name === event.name ? phase : { ...phase, task: { name: event.name, startedAt: now } }
  const { task, ...rest } = phase
  if (event.type === 'task-done') {
    const counted = { ...rest, tasksDone: phase.tasksDone + 1 }
    return task && task.name !== event.name ? { ...counted, task } : counted
  }
  if (event.status === 'started') return { ...rest, status: 'started', startedAt: now }
  return { ...rest, status: event.status, durationMs: event.durationMs ?? now - phase.startedAt }
}
