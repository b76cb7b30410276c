import { mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf, UsageError } from '../core/errors.ts'
import { appendEvent, type BuildEvent } from '../core/events.ts'
import type { Host } from '../core/model.ts'
import { createRedactor, type Redactor } from '../core/redact.ts'
import { type FamilySecrets, readSecrets, secretValues } from '../family/secrets.ts'
import { buildFiles, type StepRequest } from './request.ts'
import { findVenv } from './tool-paths.ts'

export type StepName = 'configure' | 'seal' | 'verify' | 'prove'

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

/** The context of a step of a build: its request read, its log opened. Throws UsageError where something is missing. */
export function openContext(step: StepName, folder: string, signal: AbortSignal): StepContext {
  const request = readRequest(folder)
  const secrets = readSecrets(request.family)
  const redactor = createRedactor(secretValues(secrets))
  for (const sub of [buildFiles.logs, buildFiles.steps, buildFiles.junit]) mkdirSync(join(folder, sub), { recursive: true })
  const phase = step === 'prove' ? 'configure' : step
  const log = openSync(join(folder, logFile(step)), 'a', 0o600)
  return {
    step,
    request,
    folder,
    secrets,
    redactor,
    signal,
    hosts: parseHosts(process.env.BAKEHOUSE_HOSTS),
    venv: findVenv(),
    log: (text) => void writeSync(log, redactor.text(text)),
    tell: (event) => {
      const whole = { ...event, phase, at: new Date().toISOString() } as BuildEvent
      appendEvent(join(folder, buildFiles.events), redactor.value(whole))
    },
  }
}

/** The log of a step, relative to the build folder. */
export function logFile(step: StepName): string {
  return `${buildFiles.logs}/${step}.log`
}

/** The hosts of a step from their JSON. Throws UsageError unless there is at least one. */
export function parseHosts(json: string | undefined): Host[] {
  try {
    const hosts = JSON.parse(json ?? '') as unknown
    if (Array.isArray(hosts) && hosts.length > 0) return hosts as Host[]
  } catch (cause) {
    throw new UsageError('Expected a JSON array of hosts in BAKEHOUSE_HOSTS', { cause })
  }
  throw new UsageError('Expected at least one host in BAKEHOUSE_HOSTS, got none')
}

/** The only host of a step that works on one. */
export function onlyHost(context: StepContext): Host {
  const [host, second] = context.hosts
  if (!host || second) throw new UsageError(`Expected one host for ${context.step}, got ${context.hosts.length}`)
  return host
}

function readRequest(folder: string): StepRequest {
  const file = join(folder, buildFiles.request)
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as StepRequest
  } catch (cause) {
    throw new UsageError(`Expected a build folder with ${buildFiles.request}, got ${folder}: ${messageOf(cause)}`, { cause })
  }
}
