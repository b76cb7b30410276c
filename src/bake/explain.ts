import type { Cloud } from '../cloud/cloud.ts'
import { defined } from '../core/defined.ts'
import { BakehouseError, findSystemProblem, messageOf } from '../core/errors.ts'
import { findEngineMessage, findKillSignal } from '../engine/failed-run.ts'
import type { Trouble } from '../model/ending.ts'
import type { StepResult } from '../model/step.ts'
import type { StepResults } from '../steps/results.ts'
import type { EngineFailure } from './follow-engine.ts'

/** Other information about a build whose phases threw an error. */
interface Known {
  readonly steps: StepResults
  /** Errors that the engine reported. */
  readonly failures: readonly EngineFailure[]
  /** `Cloud.findRefusal`, if the cloud has it. */
  readonly findRefusal: Cloud['findRefusal']
}

/** Why a build failed. The result of a step is more precise than the error of the engine that ran it, so it takes precedence. */
export function explainTrouble(error: unknown, { steps, failures, findRefusal }: Known): Trouble {
  const signal = findKillSignal(error)
  if (signal !== undefined) return { kind: 'interrupted', by: `${signal} to the Pulumi engine` }
  const step = [steps.verify, steps.seal, steps.configure].find(isFailed)
  if (step !== undefined) return explainStep(step)
  const told = failures.find(({ phase }) => phase !== undefined) ?? failures[0]
  if (told !== undefined) return explainEngine(told, steps, findRefusal)
  return explainError(error)
}

type FailedStep = Exclude<StepResult, { status: 'ok' }>

function isFailed(result: StepResult | undefined): result is FailedStep {
  return result !== undefined && result.status !== 'ok'
}

function explainStep(step: FailedStep): Trouble {
  if (step.status === 'bug') return { kind: 'bug', why: step.cause, stack: step.stack }
  const hint = defined({ hint: step.hint })
  if (step.status === 'missing') return { kind: 'missing', what: step.cause, ...hint }
  if (step.stoppedBy !== undefined) return { kind: 'interrupted', by: step.stoppedBy }
  return { kind: 'rejected', why: step.cause, ...hint }
}

/** The message of the plugin `command`: exit code, command, and what the command wrote to standard error. */
const failedCommand = /^exit status (\d+): running ".*?":\n(.*)$/s

/** Explains an error of the engine. A step that ends by itself writes a result; without one, it was killed or could not start. */
function explainEngine({ phase, message }: EngineFailure, steps: StepResults, findRefusal: Known['findRefusal']): Trouble {
  const isStep = phase === 'configure' || phase === 'seal' || phase === 'verify'
  if (!isStep || steps[phase] !== undefined) {
    const [, exitCode, printed = message] = failedCommand.exec(message) ?? []
    // A provider and the commands on EC2 write their hint into the last line.
    const [, why = printed, line] = /^(.*?)\nhint: ([^\n]+)/s.exec(printed) ?? []
    const hint = defined({ hint: line })
    const refusal = exitCode === undefined ? findRefusal?.(printed) : undefined
    if (refusal !== undefined) return explainError(refusal)
    return exitCode === '3' ? { kind: 'missing', what: why, ...hint } : { kind: 'rejected', why, ...hint }
  }
  const signal = /\b(?:exit status (SIG[A-Z]+)|signal: ([a-z]+))/.exec(message)
  if (signal) return { kind: 'interrupted', by: `${signal[1] ?? signal[2]} to the step ${phase}` }
  return { kind: 'bug', why: `the step ${phase} ended without a result`, stack: message }
}

function explainError(error: unknown): Trouble {
  const engine = findEngineMessage(error)
  if (engine !== undefined) return { kind: 'missing', what: `the Pulumi engine failed: ${engine}` }
  const known = error instanceof BakehouseError ? error : findSystemProblem(error)
  if (known === undefined) return { kind: 'bug', why: messageOf(error), stack: (error as Error).stack ?? messageOf(error) }
  const hint = defined({ hint: known.hint })
  return known.exitCode === 3 ? { kind: 'missing', what: known.message, ...hint } : { kind: 'rejected', why: known.message, ...hint }
}
