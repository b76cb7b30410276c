import type { EngineEvent, ResourceEvent } from '../engine/event.ts'
import { findPhase, type Phase } from '../model/phases.ts'
import type { Journal } from './journal.ts'

/** What went wrong in an update, as the engine told it. */
export interface EngineFailure {
  readonly phase: Phase | undefined
  readonly message: string
}

/** Turns the engine's events into phases, told to the journal; keeps the errors. `trials` is how many trials there are. */
export function followEngine(journal: Journal, trials: number): { onEvent(event: EngineEvent): void; failures: readonly EngineFailure[] } {
  const failures: EngineFailure[] = []
  const failedPhases = new Set<Phase>()
  let trialsReady = 0
  const follow = ({ status, urn, operation }: ResourceEvent): void => {
    const found = findPhase(urn)
    if (!found) return
    const { phase, main } = found
    if (status === 'started' && operation === 'create' && !failedPhases.has(phase)) journal.start(phase)
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
