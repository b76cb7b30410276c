import type { BuildEvent } from '../model/events.ts'
import type { Phase } from '../model/phases.ts'
import type { RecordedPhase, RecordedTask } from '../model/record.ts'

/** All that was told during one build, in the shape the record keeps. */
export interface Journal {
  readonly tell: (event: BuildEvent) => void
  readonly phases: readonly RecordedPhase[]
  readonly tasks: readonly RecordedTask[]
  /** Runs the work as a phase: told when it starts, and how it ended. */
  during<T>(phase: Phase, work: () => Promise<T>): Promise<T>
  start(phase: Phase): void
  end(phase: Phase, status: 'done' | 'failed'): void
  /** The current task of a phase. */
  task(phase: Phase, name: string): void
  /** Ends what is still open, as failed; the first of these phases. */
  failOpen(): Phase | undefined
}

/** A journal that passes on what it is told. */
export function openJournal(listen: (event: BuildEvent) => void): Journal {
  const phases: RecordedPhase[] = []
  const tasks: RecordedTask[] = []
  const open = new Map<Phase, number>()
  const now = (): string => new Date().toISOString()

  const journal: Journal = {
    phases,
    tasks,
    tell(event) {
      if (event.type === 'task-done') {
        const { phase, name, status, durationMs } = event
        tasks.push({ phase, name, status, durationMs })
      }
      listen(event)
    },
    start(phase) {
      if (open.has(phase)) return
      open.set(phase, Date.now())
      listen({ type: 'phase', phase, status: 'started', at: now() })
    },
    end(phase, status) {
      const started = open.get(phase)
      if (started === undefined) return
      open.delete(phase)
      const durationMs = Date.now() - started
      phases.push({ phase, status, startedAt: new Date(started).toISOString(), durationMs })
      listen({ type: 'phase', phase, status, at: now(), durationMs })
    },
    async during(phase, work) {
      journal.start(phase)
      try {
        const result = await work()
        journal.end(phase, 'done')
        return result
      } catch (error) {
        journal.end(phase, 'failed')
        throw error
      }
    },
    task(phase, name) {
      listen({ type: 'task', phase, name, at: now() })
    },
    failOpen() {
      const [first] = open.keys()
      for (const phase of [...open.keys()]) journal.end(phase, 'failed')
      return first
    },
  }
  return journal
}
