import type { EngineEvent, ResourceEvent } from '../engine/event.ts'
import { findPhase, type Phase } from '../model/phases.ts'
import type { Journal } from './journal.ts'

/** An error that the engine reported during an update. */
export interface EngineFailure {
  readonly phase: Phase | undefined
  readonly message: string
}

/** Translates the events of the engine to phases in the journal, and collects its errors. `trials`: the number of trials. */
export function followEngine(journal: Journal, trials: number): { onEvent(event: EngineEvent): void; failures: readonly EngineFailure[] } {
  const failures: EngineFailure[] = []
  const failedPhases = new Set<Phase>()
  let trialsReady = 0
  const follow = ({ status, urn, operation, note }: ResourceEvent): void => {
    const found = findPhase(urn)
    if (!found) return
    const { phase, main } = found
    if (status === 'started' && operation === 'create' && !failedPhases.has(phase)) journal.start(phase)
    if (note !== undefined && operation === 'create') journal.tell({ type: 'note', phase, text: note, at: new Date().toISOString() })
    if (status === 'done' && operation === 'create' && main && (phase !== 'trial' || ++trialsReady === trials)) journal.end(phase, 'done')
    if (status === 'failed') {
      failedPhases.add(phase)
      journal.end(phase, 'failed')
    }
  }
  return {
    failures,
    onEvent(event) {
      if (event.type === 'resource') follow(event)
      else failures.push({ phase: findPhase(event.urn)?.phase, message: event.message })
    },
  }
}
