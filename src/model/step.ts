import { shorten } from '../core/shorten.ts'
import type { Family } from './family.ts'
import type { SuiteResult } from './suite-result.ts'

/**
 * The request for a step: `request.json` in the build folder, written before anything is created, without secrets. The hosts are known
 * only after the machines are created; they come in the environment variable `BAKEHOUSE_HOSTS` as a JSON array.
 */
export interface StepRequest {
  readonly family: Family
  readonly version: string
  readonly build: string
  readonly cloud: string
  /** Number of cases per suite of the latest good image, to find suites that ran fewer. */
  readonly previousCases: Readonly<Record<string, number>>
  /** Also run the suites on the unconfigured base (`--prove`). */
  readonly prove: boolean
}

/** The steps, each a process of its own. `prove` is part of configure in a build. */
export const stepNames = ['configure', 'seal', 'verify', 'prove'] as const
/** A step. */
export type StepName = (typeof stepNames)[number]

/** The verdict of a step. Other endings are thrown. */
export type StepAnswer =
  | { readonly status: 'ok'; readonly suites: readonly SuiteResult[] }
  | { readonly status: 'failed'; readonly cause: string; readonly hint?: string; readonly suites: readonly SuiteResult[] }

/** The redacted result of a step: `steps/<step>.json` in the build folder. */
export type StepResult = StepFacts &
  (
    | { readonly status: 'ok' }
    /** The image is rejected; or, with `stoppedBy`, the step was stopped from outside, for example by `SIGTERM to the step seal`. */
    | { readonly status: 'failed'; readonly cause: string; readonly hint?: string; readonly stoppedBy?: string }
    /** A tool or a credential is missing. */
    | { readonly status: 'missing'; readonly cause: string; readonly hint?: string }
    /** An internal error. */
    | { readonly status: 'bug'; readonly cause: string; readonly stack: string }
  )

interface StepFacts {
  readonly step: StepName
  readonly durationMs: number
  /** Relative to the build folder. */
  readonly log: string
  readonly suites: readonly SuiteResult[]
}

/** Parses the result of a step. Throws if the text is not one. */
export function parseStepResult(text: string): StepResult {
  const result = JSON.parse(text) as Partial<StepResult>
  const known: readonly unknown[] = ['ok', 'failed', 'missing', 'bug'] satisfies StepResult['status'][]
  if (!known.includes(result.status) || !Array.isArray(result.suites)) {
    throw new Error(`Expected the result of a step, got ${text.slice(0, 200)}`)
  }
  return result as StepResult
}

/** Maximum length of the cause in a verdict, in characters. */
const longestCause = 2_000

/** The verdict of a step for the Pulumi program. */
export interface StepVerdict {
  readonly step: StepName
  readonly status: StepResult['status']
  readonly cause?: string
}

/**
 * The whole standard output of a step, and `stdout` of its command resource: one short line of JSON. The suites are in the result
 * file only, because the official `command` plugin hangs on a line of more than 64 KiB.
 */
export function verdictOf(result: StepResult): StepVerdict {
  const { step, status } = result
  return { step, status, ...(result.status === 'ok' ? {} : { cause: shortCause(result.cause) }) }
}

/** A cause that fits into one line of a log. */
export function shortCause(cause: string): string {
  return shorten(cause, longestCause)
    .trim()
    .replaceAll(/\s*\n\s*/g, ' | ')
}

/** The ID of the candidate if the verdict of verify is ok. Throws otherwise. */
export function requirePassed(candidateId: string, verdict: string): string {
  const { step, status } = JSON.parse(verdict) as Partial<StepVerdict>
  if (step !== 'verify' || status !== 'ok') throw new Error('the candidate did not pass its verification')
  return candidateId
}
