import { UsageError } from '../core/errors.ts'
import type { Redactor } from '../core/redact/redact.ts'
import type { BuildEvent } from '../model/events.ts'
import type { Host } from '../model/host.ts'
import type { FamilySecrets } from '../model/secrets.ts'
import type { StepName, StepRequest } from '../model/step.ts'

/** The context of a step. A step writes only through `log` and `tell`, so that everything is redacted. */
export interface StepContext {
  readonly step: StepName
  readonly request: StepRequest
  /** The build folder. */
  readonly folder: string
  readonly hosts: readonly Host[]
  readonly secrets: FamilySecrets
  readonly redactor: Redactor
  /** Searches again for values that Ansible Vault encrypted, and redacts them too. For a step that installs roles or collections. */
  readonly searchVaulted: () => void
  readonly venv: string
  /** Aborted on SIGINT and SIGTERM. */
  readonly signal: AbortSignal
  /** Appends whole lines to the log of the step. */
  readonly log: (text: string) => void
  /** Appends an event to the event file of the build. */
  readonly tell: (event: EventBody) => void
  /** The end of the text on the console of a machine; empty if the cloud has none. */
  readonly readConsole: (instanceId: string) => Promise<string>
  /** Loads the function that reads administrator passwords from the cloud; undefined if the cloud has no such function. */
  readonly loadPasswordSource: () => Promise<PasswordSource | undefined>
}

/** Reads the administrator's password of an instance, encrypted with its RSA key; undefined while the cloud does not have it yet. */
export type PasswordSource = (instanceId: string, signal: AbortSignal) => Promise<string | undefined>

/** An event without its time and phase, which the context adds. */
export type EventBody = BuildEvent extends infer Event ? (Event extends BuildEvent ? Omit<Event, 'at' | 'phase'> : never) : never

/** The host of a step that works on exactly one machine. */
export function onlyHost(context: StepContext): Host {
  const [host, second] = context.hosts
  if (!host || second) throw new UsageError(`Expected one host for ${context.step}, got ${context.hosts.length}`)
  return host
}

/** The name in `configure.secrets` of the administrator's password, for clouds that do not provide it. */
export const passwordVariable = 'ansible_password'
