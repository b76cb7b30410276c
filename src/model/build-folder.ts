import type { StepName } from './step.ts'

/** The paths of record, report and logs of a build. */
export interface RecordPaths {
  readonly recordPath: string
  readonly reportPath: string
  readonly logPath: string
  /** The place of the artifacts for other computers; absent if there is none. */
  readonly artifacts?: string
}

/** The log of a step, relative to the build folder. */
export function logFile(step: StepName): string {
  return `${buildFiles.logs}/${step}.log`
}

/** The value of `BAKEHOUSE_STEP` for a step, or another command of the Pulumi program, and for all processes below it. */
export function stepMark(buildFolder: string, name: string): string {
  return `${buildFolder}/${buildFiles.steps}/${name}`
}

/** Files of a build folder, relative to it. */
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
  /** Diagnostics of a failed build: console log, screenshot, journals. */
  diagnostics: 'diagnostics',
  keys: 'keys',
  /** machine-id and SSH host keys of the base machine. Written by configure; verify compares them with those of the trials. */
  baseIdentity: 'base-identity.json',
  /** What hygiene found on the base machine before the playbook ran. Written by configure; verify passes the same findings as hints. */
  baseFindings: 'base-findings.json',
} as const
