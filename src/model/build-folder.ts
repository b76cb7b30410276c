import type { StepName } from './step.ts'

/** Where record, report and logs of a build are. */
export interface RecordPaths {
  readonly recordPath: string
  readonly reportPath: string
  readonly logPath: string
}

/** The log of a step, relative to the build folder. */
export function logFile(step: StepName): string {
  return `${buildFiles.logs}/${step}.log`
}

/** Files of a build folder that more than one module knows. All relative to it. */
export const buildFiles = {
  request: 'request.json',
  events: 'events.jsonl',
  record: 'record.json',
  report: 'report.html',
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
