import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { BakehouseError, Cancelled, messageOf } from '../core/errors.ts'
import { shorten } from '../core/shorten.ts'
import type { StepContext } from '../guest/context.ts'
import { buildFiles, logFile } from '../model/build-folder.ts'
import { longestText } from '../model/free-text.ts'
import type { StepName, StepResult } from '../model/step.ts'
import type { SuiteResult } from '../model/suite-result.ts'
import { openContext } from './open-context.ts'

/** Does the work of a step; what it returns are the suites that ran. Throws BuildFailed when the step says no. */
type Step = (context: StepContext) => Promise<readonly SuiteResult[]>

const steps: Record<StepName, () => Promise<Step>> = {
  configure: async () => (await import('./configure.ts')).configure,
  seal: async () => (await import('./seal.ts')).seal,
  verify: async () => (await import('./verify.ts')).verify,
  prove: async () => (await import('./prove.ts')).prove,
}

/** A step that failed although suites ran: their results are kept. */
interface WithSuites {
  readonly suites?: readonly SuiteResult[]
}

/** Runs one step of the build in that folder, writes its result there and to standard output; the exit code. */
async function main(name: string | undefined, folder: string | undefined): Promise<number> {
  const started = performance.now()
  const step = steps[name as StepName]
  if (!step || !folder) {
    process.stderr.write(`Expected ${Object.keys(steps).join('|')} and a build folder, got "${process.argv.slice(2).join(' ')}"\n`)
    return 2
  }
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort(new Cancelled(`stopped by ${signal}`)))
  const outcome = await attempt(name as StepName, folder, stop.signal)
  report(folder, {
    step: name as StepName,
    status: outcome.exitCode === 0 ? 'ok' : 'failed',
    exitCode: outcome.exitCode,
    durationMs: Math.round(performance.now() - started),
    cause: outcome.cause,
    ...(outcome.hint ? { hint: outcome.hint } : {}),
    log: logFile(name as StepName),
    suites: outcome.suites,
  })
  return outcome.exitCode
}

interface Outcome {
  readonly exitCode: number
  readonly cause: string
  readonly hint?: string
  readonly suites: readonly SuiteResult[]
}

async function attempt(name: StepName, folder: string, signal: AbortSignal): Promise<Outcome> {
  let context: StepContext | undefined
  try {
    context = openContext(name, folder, signal)
    const suites = await (await steps[name]())(context)
    return { exitCode: 0, cause: '', suites }
  } catch (thrown) {
    const error = signal.aborted ? signal.reason : thrown
    const redact = context?.redactor.text ?? ((text: string) => text)
    const cause = shorten(redact(messageOf(error)), longestText)
    const hint = error instanceof BakehouseError && error.hint ? { hint: redact(error.hint) } : {}
    context?.log(`\n${error instanceof BakehouseError ? cause : redact((error as Error).stack ?? '') || cause}\n`)
    const suites = (thrown as WithSuites).suites ?? []
    return { exitCode: error instanceof BakehouseError ? error.exitCode : 1, cause, ...hint, suites }
  }
}

function report(folder: string, result: StepResult): void {
  const line = JSON.stringify(result)
  try {
    mkdirSync(join(folder, buildFiles.steps), { recursive: true })
    writeFileSync(join(folder, buildFiles.steps, `${result.step}.json`), `${line}\n`, { mode: 0o600 })
  } finally {
    process.stdout.write(`${line}\n`)
    if (result.cause) process.stderr.write(`${result.cause}\n`)
  }
}

process.exitCode = await main(process.argv[2], process.argv[3] && resolve(process.argv[3]))
