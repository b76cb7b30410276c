import type { Host } from '../core/model.ts'
import type { Family } from '../family/family.ts'

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

/** Files of a build folder that more than one module knows. All relative to it. */
export const buildFiles = {
  request: 'request.json',
  events: 'events.jsonl',
  record: 'record.json',
  /** Result of each step, as `steps/<step>.json`. */
  steps: 'steps',
  /** Full logs, as `logs/<step>.log`. */
  logs: 'logs',
  junit: 'junit',
  /** Console log, screenshot, journals: what a failure leaves. */
  diagnostics: 'diagnostics',
  keys: 'keys',
  /** machine-id and ssh host keys of the base, seen by configure, compared by verify. */
  baseIdentity: 'base-identity.json',
} as const

export type { Host }
