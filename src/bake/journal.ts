import type { BuildEvent } from '../model/events.ts'
import type { Phase } from '../model/phases.ts'
import type { RecordedMachine, RecordedPhase, RecordedTask } from '../model/record.ts'

/** Collects phases and tasks of a build for the record, and passes each event to a listener. */
export interface Journal {
  readonly tell: (event: BuildEvent) => void
  readonly phases: readonly RecordedPhase[]
  readonly tasks: readonly RecordedTask[]
  readonly machines: readonly RecordedMachine[]
  /** Runs `work` as a phase: reports its start and its end. */
  during<T>(phase: Phase, work: () => Promise<T>): Promise<T>
  start(phase: Phase): void
  end(phase: Phase, status: 'done' | 'failed'): void
  /** Records the kind of a machine that the cloud has started. */
  machine(machine: RecordedMachine): void
  /** Reports the current task of a phase. */
  task(phase: Phase, name: string): void
  /** Reports a sentence for the user, in the phase that runs. */
  note(text: string): void
  /** Ends all open phases as failed. Returns the one that was started first. */
  failOpen(): Phase | undefined
}

/** Creates an empty journal that passes each event to `listen`. */
export function openJournal(listen: (event: BuildEvent) => void): Journal {
  const phases: RecordedPhase[] = []
  const tasks: RecordedTask[] = []
  const machines: RecordedMachine[] = []
  const open = new Map<Phase, number>()
  const now = (): string => new Date().toISOString()

  const journal: Journal = {
    phases,
    tasks,
    machines,
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
    machine(machine) {
      machines.push(machine)
    },
    task(phase, name) {
      listen({ type: 'task', phase, name, at: now() })
    },
    note(text) {
      const [phase = 'resolve'] = open.keys()
      listen({ type: 'note', phase, text, at: now() })
    },
    failOpen() {
      const [first] = open.keys()
      for (const phase of [...open.keys()]) journal.end(phase, 'failed')
      return first
    },
  }
  return journal
}
