import { UsageError } from '../core/errors.ts'
import type { Redactor } from '../core/redact/redact.ts'
import type { BuildEvent } from '../model/events.ts'
import type { Host } from '../model/host.ts'
import type { FamilySecrets } from '../model/secrets.ts'
import type { StepName, StepRequest } from '../model/step.ts'

/** What a step works with. It writes through `log` and `tell` only, so that everything is redacted. */
export interface StepContext {
  readonly step: StepName
  readonly request: StepRequest
  /** The build folder. */
  readonly folder: string
  readonly hosts: readonly Host[]
  readonly secrets: FamilySecrets
  readonly redactor: Redactor
  readonly venv: string
  /** Aborted on SIGINT and SIGTERM. */
  readonly signal: AbortSignal
  /** Appends whole lines to the step's log. */
  readonly log: (text: string) => void
  /** Appends one event to the build's stream. */
  readonly tell: (event: EventBody) => void
  /** Loads the cloud's source of administrator passwords; undefined where the cloud has none. */
  readonly loadPasswordSource: () => Promise<PasswordSource | undefined>
}

/** Finds the administrator's password of an instance, encrypted to its RSA key; undefined while the cloud has none yet. */
export type PasswordSource = (instanceId: string, signal: AbortSignal) => Promise<string | undefined>

/** An event without its time and phase, which the context adds. */
export type EventBody = BuildEvent extends infer Event ? (Event extends BuildEvent ? Omit<Event, 'at' | 'phase'> : never) : never

/** The host of a step that works on exactly one. */
export function onlyHost(context: StepContext): Host {
  const [host, second] = context.hosts
  if (!host || second) throw new UsageError(`Expected one host for ${context.step}, got ${context.hosts.length}`)
  return host
}

/** The variable of a family's `configure.secrets` that holds the administrator's password, where the cloud does not provide it. */
export const passwordVariable = 'ansible_password'
