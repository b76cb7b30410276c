import type { EngineEvent } from '@pulumi/pulumi/automation/index.js'
import { parseDiagnostic } from '../engine/diagnostic.ts'
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
  return {
    failures,
    onEvent(event) {
      const started = findPhase(event.resourcePreEvent?.metadata.urn)
      const begins = event.resourcePreEvent?.metadata.op === 'create'
      if (started && begins && !failedPhases.has(started.phase)) journal.start(started.phase)
      const ended = findPhase(event.resOutputsEvent?.metadata.urn)
      if (ended?.main && event.resOutputsEvent?.metadata.op === 'create') {
        if (ended.phase !== 'trial' || ++trialsReady === trials) journal.end(ended.phase, 'done')
      }
      const failed = findPhase(event.resOpFailedEvent?.metadata.urn)
      if (failed) {
        failedPhases.add(failed.phase)
        journal.end(failed.phase, 'failed')
      }
      const { diagnosticEvent } = event
      if (diagnosticEvent?.severity === 'error') {
        failures.push({ phase: findPhase(diagnosticEvent.urn)?.phase, message: parseDiagnostic(diagnosticEvent.message) })
      }
    },
  }
}
