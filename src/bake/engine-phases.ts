import { stripVTControlCharacters } from 'node:util'
import type { EngineEvent } from '@pulumi/pulumi/automation/index.js'
import type { Phase } from '../core/events.ts'
import type { Journal } from './journal.ts'

/** What went wrong in an update, as the engine told it. */
export interface EngineFailure {
  readonly phase: Phase | undefined
  readonly message: string
}

/** Which phase a resource of the build program stands for. Resources around an instance carry its name as a prefix. */
const phaseOfResource: Readonly<Record<string, Phase>> = {
  base: 'base',
  configure: 'configure',
  seal: 'seal',
  candidate: 'candidate',
  trial: 'trial',
  verify: 'verify',
  image: 'copy',
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

/** The phase of a resource's URN, and whether the resource is the phase's own, not one around it. */
export function findPhase(urn: string | undefined): { phase: Phase; main: boolean } | undefined {
  const name = urn?.split('::').pop() ?? ''
  const [first = '', second] = name.split('-')
  const phase = phaseOfResource[first]
  if (!phase) return undefined
  return { phase, main: second === undefined || /^\d+$/.test(second) }
}

/** The words of a diagnostic, without the engine's colours and its bookkeeping around them. */
export function parseDiagnostic(message: string): string {
  return stripVTControlCharacters(message)
    .replaceAll(/<\{%.*?%\}>/g, '')
    .replace(/^\s*(error: )?(sdk-v2\/provider2\.go:\d+: )?/, '')
    .replaceAll(/\d+ errors? occurred:\s*/g, '')
    .replace(/^\s*\* /, '')
    .trim()
}
