import { resolve } from 'node:path'
import { defined } from '../core/defined.ts'
import { BakehouseError, findSystemProblem, MissingError, messageOf, UsageError } from '../core/errors.ts'
import { printJsonLine, say } from '../core/output.ts'
import { keepFilesPrivate } from '../core/private-files.ts'
import type { StepContext } from '../guest/context.ts'
import { logFile } from '../model/build-folder.ts'
import { cleanWords } from '../model/free-text.ts'
import { type StepAnswer, type StepName, type StepResult, shortCause, verdictOf } from '../model/step.ts'
import { openContext } from './open-context.ts'
import { followOwner } from './owner.ts'
import { watchMachines } from './watch-machines.ts'
import { writeStepResult } from './write-result.ts'

const steps: Record<StepName, () => Promise<(context: StepContext) => Promise<StepAnswer>>> = {
  configure: async () => (await import('./configure.ts')).configure,
  seal: async () => (await import('./seal.ts')).seal,
  verify: async () => (await import('./verify.ts')).verify,
  prove: async () => (await import('./prove.ts')).prove,
}

/** Exit code of a step that was stopped; the other codes are those of `exitCodes`. */
const stopped = 8

/** Runs one step of the build in that folder. Writes its result there, and a verdict to standard output. Returns the exit code. */
async function main(name: string | undefined, folder: string | undefined): Promise<number> {
  if (!isStep(name) || !folder) {
    say(`Expected ${Object.keys(steps).join('|')} and a build folder, got "${process.argv.slice(2).join(' ')}"`)
    return 2
  }
  const started = performance.now()
  const stop = new AbortController()
  using _owner = followOwner(folder, name, stop)
  // The process that reads these streams may end before this one. That must not end the step.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  const { ended, exitCode } = await runStep(name, folder, stop)
  const result = { step: name, log: logFile(name), durationMs: Math.round(performance.now() - started), ...ended }
  try {
    writeStepResult(folder, result)
  } finally {
    printJsonLine(verdictOf(result))
    if (result.status !== 'ok') say(shortCause(result.cause))
  }
  return exitCode
}

function isStep(name: string | undefined): name is StepName {
  return name !== undefined && Object.hasOwn(steps, name)
}

type Ended = StepResult extends infer Result ? (Result extends StepResult ? Omit<Result, 'step' | 'log' | 'durationMs'> : never) : never

interface Verdict {
  readonly ended: Ended
  readonly exitCode: number
}

async function runStep(name: StepName, folder: string, stop: AbortController): Promise<Verdict> {
  const { signal } = stop
  let context: StepContext | undefined
  try {
    context = openContext(name, folder, signal)
    void watchMachines(context, (why) => stop.abort(why))
    const answer = await (await steps[name]())(context)
    if (answer.status !== 'ok') signal.throwIfAborted()
    if (answer.status === 'failed') context.log(`\n${answer.cause}\n`)
    return { ended: cleanWords(answer, context.redactor.text), exitCode: answer.status === 'ok' ? 0 : 10 }
  } catch (error) {
    const { ended, exitCode } = signal.aborted ? explainStop(signal.reason) : explain(error)
    if (ended.status !== 'ok') context?.log(`\n${ended.status === 'bug' ? ended.stack : ended.cause}\n`)
    return { ended: context ? cleanWords(ended, context.redactor.text) : ended, exitCode }
  }
}

/** The result of a step that was stopped: by a signal, or because one of its machines was paused. */
function explainStop(reason: unknown): Verdict {
  return typeof reason === 'string' ? stoppedBy(reason) : explain(reason)
}

function stoppedBy(what: string): Verdict {
  return { ended: { status: 'failed', cause: `stopped by ${what}`, stoppedBy: what, suites: [] }, exitCode: stopped }
}

/** The result of a step that threw an error: the image is rejected, something is missing, or it is an internal error. */
function explain(thrown: unknown): Verdict {
  const error = findSystemProblem(thrown) ?? thrown
  const cause = messageOf(error)
  if (!(error instanceof BakehouseError)) {
    const stack = error instanceof Error ? (error.stack ?? cause) : cause
    return { ended: { status: 'bug', cause, stack, suites: [] }, exitCode: 1 }
  }
  const hint = defined({ hint: error.hint })
  if (error instanceof MissingError) return { ended: { status: 'missing', cause, ...hint, suites: [] }, exitCode: 3 }
  return { ended: { status: 'failed', cause, ...hint, suites: [] }, exitCode: error instanceof UsageError ? 2 : 10 }
}

keepFilesPrivate()
process.exitCode = await main(process.argv[2], process.argv[3] && resolve(process.argv[3]))
