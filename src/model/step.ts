import type { Family } from './family.ts'
import type { SuiteResult } from './suite-result.ts'

/**
 * What a step is asked to do: `request.json` in the build folder, written before anything is created. No secrets in it.
 * The hosts, known only when the instances are, come in the environment variable `BAKEHOUSE_HOSTS` as a JSON array.
 */
export interface StepRequest {
  readonly family: Family
  readonly version: string
  readonly build: string
  readonly cloud: string
  /** Cases per suite of the latest good version, to notice a suite that shrank. */
  readonly previousCases: Readonly<Record<string, number>>
  /** Run the family's suites against the unconfigured base as well (`--prove`). */
  readonly prove: boolean
}

/** One line of JSON: the whole standard output of a step, and `stdout` of its command resource. */
export interface StepResult {
  readonly step: 'configure' | 'seal' | 'verify' | 'prove'
  readonly status: 'ok' | 'failed'
  /** As that of a bake: who must act. */
  readonly exitCode: number
  readonly durationMs: number
  /** Why it failed, redacted; empty when ok. */
  readonly cause: string
  /** What the reader can do about it. */
  readonly hint?: string
  /** Relative to the build folder. */
  readonly log: string
  readonly suites: readonly SuiteResult[]
}

/** The candidate's id, given a verdict of verify (its standard output) that says ok. Throws otherwise. */
export function requirePassed(candidateId: string, stdout: string): string {
  const verdict = JSON.parse(stdout) as StepResult
  if (verdict.step !== 'verify' || verdict.status !== 'ok') throw new Error('the candidate did not pass its verification')
  return candidateId
}

export type StepName = 'configure' | 'seal' | 'verify' | 'prove'
