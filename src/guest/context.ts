import { UsageError } from '../core/errors.ts'
import type { Redactor } from '../core/redact/redact.ts'
import type { BuildEvent } from '../model/events.ts'
import type { Host } from '../model/host.ts'
import type { FamilySecrets } from '../model/secrets.ts'
import type { StepName, StepRequest } from '../model/step.ts'
import type { Connection } from './ssh/ssh.ts'

/** What a step works with. All that it writes goes through `log` and `tell`, and so through the redactor. */
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
  /** Appends text, whole lines of it, to the step's log. */
  readonly log: (text: string) => void
  /** Appends one event to the build's stream. */
  readonly tell: (event: EventBody) => void
}

/** An event without what the context adds: time and phase. */
export type EventBody = BuildEvent extends infer Event ? (Event extends BuildEvent ? Omit<Event, 'at' | 'phase'> : never) : never

/** The only host of a step that works on one. */
export function onlyHost(context: StepContext): Host {
  const [host, second] = context.hosts
  if (!host || second) throw new UsageError(`Expected one host for ${context.step}, got ${context.hosts.length}`)
  return host
}

/** An open way to a machine, and the context that goes with it: a Windows machine's password is known to that one alone. */
export interface Way extends AsyncDisposable {
  readonly context: StepContext
  readonly connection: Connection
}

/** The variable of a family's `configure.secrets` that gives the password of a machine whose cloud does not. */
export const passwordVariable = 'ansible_password'
