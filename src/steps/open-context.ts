import { mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { appendJsonLine } from '../core/append-json-line.ts'
import { findVariable } from '../core/environment.ts'
import { UsageError } from '../core/errors.ts'
import { createRedactor } from '../core/redact/redact.ts'
import { readSecrets, secretValues } from '../family/secrets.ts'
import { findVenv } from '../guest/ansible/venv.ts'
import type { StepContext } from '../guest/context.ts'
import { buildFiles, logFile } from '../model/build-folder.ts'
import type { BuildEvent } from '../model/events.ts'
import { cleanEvent } from '../model/free-text.ts'
import type { Host } from '../model/host.ts'
import type { StepName } from '../model/step.ts'
import { readRequest } from './request-file.ts'

/** Reads the request of a step and opens its log. Throws UsageError if a file is missing. */
export function openContext(step: StepName, folder: string, signal: AbortSignal): StepContext {
  const request = readRequest(folder)
  const secrets = readSecrets(request.family)
  const redactor = createRedactor(secretValues(secrets, request.family))
  for (const sub of [buildFiles.logs, buildFiles.steps, buildFiles.junit]) mkdirSync(join(folder, sub), { recursive: true })
  const phase = step === 'prove' ? 'configure' : step
  const log = openSync(join(folder, logFile(step)), 'a', 0o600)
  return {
    step,
    request,
    folder,
    secrets,
    redactor,
    searchVaulted: () => redactor.learn(...secretValues(secrets, request.family)),
    signal,
    hosts: parseHosts(findVariable('BAKEHOUSE_HOSTS')),
    venv: findVenv(),
    log: (text) => void writeSync(log, redactor.text(text)),
    tell: (event) => {
      const whole = { ...event, phase, at: new Date().toISOString() } as BuildEvent
      appendJsonLine(join(folder, buildFiles.events), cleanEvent(whole, redactor.text))
    },
    readConsole: async (instanceId) =>
      (await (await import('./find-machine.ts')).findMachine({ request }, instanceId))?.readConsole?.() ?? '',
    loadPasswordSource: async () => {
      const cloud = await (await import('../cloud/clouds.ts')).chooseCloud(request.cloud)
      return cloud.findPasswordData?.bind(cloud)
    },
  }
}

/** The hosts of a step from their JSON. Throws UsageError unless there is at least one. */
function parseHosts(json: string | undefined): Host[] {
  try {
    const hosts = JSON.parse(json ?? '') as unknown
    if (Array.isArray(hosts) && hosts.length > 0) return hosts as Host[]
  } catch (cause) {
    throw new UsageError('Expected a JSON array of hosts in BAKEHOUSE_HOSTS', { hint: hostsHint, cause })
  }
  throw new UsageError('Expected at least one host in BAKEHOUSE_HOSTS, got none', { hint: hostsHint })
}

/** The hosts are in the state of the build stack. */
const hostsHint = 'docs/debugging.md says how to get it from the state of a kept build'
