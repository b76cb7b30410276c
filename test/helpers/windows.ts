import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { findProcess } from '../../src/core/process-identity.ts'
import type { StepContext } from '../../src/guest/context.ts'
import type { Host } from '../../src/model/host.ts'
import type { StepName, StepRequest } from '../../src/model/step.ts'
import { renderRequest } from '../../src/model/step-request.ts'
import { openContext } from '../../src/steps/open-context.ts'
import { makeFamily } from './family.ts'

/** The input of each run of the simulated `ansible-playbook`. */
export interface Call {
  readonly kind: string
  readonly args: readonly string[]
  readonly inventory: { readonly all: { readonly hosts: Record<string, Record<string, unknown>> } }
  readonly variables: Record<string, unknown>
  readonly variablesFile: string
  /** The octal mode of the variables file. */
  readonly mode: string
  readonly files: readonly string[]
}

export interface FakeWindows extends Disposable {
  readonly context: StepContext
  readonly host: Host
  /** The build folder. It must not contain a secret. */
  readonly build: string
  /** The family folder. */
  readonly family: string
  /** Sets an answer of the machine: `pester/pester-report.xml`, `check/outcome.json`. */
  answer(path: string, content: string | object): void
  calls(): Call[]
  /** The state of the machine in the cloud. */
  setState(state: 'running' | 'stopped'): void
}

const keyOfBuild = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
const venv = join(import.meta.dirname, '../fixtures/windows/venv')

/** A build on the local cloud with a simulated Ansible and one machine. Default: of a Windows family. */
export function makeWindows(
  step: StepName,
  options: { family?: object; host?: Partial<Host>; env?: Record<string, string>; cloud?: string } = {},
): FakeWindows {
  const folder = mkdtempSync(join(tmpdir(), 'bakehouse-test-'))
  const [build, answers, family] = ['build', 'answers', 'family'].map((name) => join(folder, name)) as [string, string, string]
  const write = (file: string, content: string | object): void => {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  }
  const identityFile = join(build, 'keys/trial')
  write(`${identityFile}.pub`, 'ssh-rsa AAAATRIAL bakehouse-trial\n')
  write(identityFile, keyOfBuild)
  write(join(family, 'playbook.yml'), '- hosts: all\n')
  write(join(family, 'verify/base.Tests.ps1'), 'Describe "it" {}')
  const knownHostsFile = join(build, 'keys/known_hosts')
  const host: Host = {
    instanceId: 'vm-1',
    transport: 'ssh',
    address: '127.0.0.1',
    port: 22,
    user: 'Administrator',
    identityFile,
    knownHostsFile,
    ...options.host,
  }
  const fields = {
    os: 'windows',
    base: { amiId: 'ami-12345678' },
    login: { by: 'cloud-init', user: 'Administrator', timeout: '60s' },
    configure: { strategy: 'linear' },
    ...options.family,
  }
  const request: StepRequest = {
    family: makeFamily(fields, { name: 'win', folder: family }),
    version: '2026.11.23',
    build: 'b1',
    cloud: options.cloud ?? 'local',
    previousCases: {},
    prove: false,
  }
  write(join(build, 'request.json'), renderRequest(request))
  const env: Record<string, string> = {
    BAKEHOUSE_VENV: venv,
    BAKEHOUSE_HOME: folder,
    BAKEHOUSE_HOSTS: JSON.stringify([host]),
    FAKE_WINDOWS: answers,
    ...options.env,
  }
  const before = Object.fromEntries(Object.keys(env).map((name) => [name, process.env[name]]))
  Object.assign(process.env, env)
  mkdirSync(answers)
  const setState = (state: 'running' | 'stopped'): void => {
    const tags = { tool: 'bakehouse', family: 'win', version: request.version, build: 'b1', stage: 'base', expires: '' }
    const own = state === 'running' ? { process: findProcess(process.pid) } : {}
    write(join(folder, 'instances/vm-1/instance.json'), {
      id: 'vm-1',
      tags,
      image: 'i',
      sshPort: 1,
      runtimeFolder: '/tmp/bakehouse-absent',
      ...own,
    })
  }
  setState('stopped')
  return {
    context: openContext(step, build, AbortSignal.timeout(60_000)),
    host,
    build,
    family,
    setState,
    answer: (path, content) => write(join(answers, path), content),
    calls: () =>
      readFileSync(join(answers, 'calls.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Call),
    [Symbol.dispose]() {
      for (const [name, value] of Object.entries(before)) {
        if (value === undefined) delete process.env[name]
        else process.env[name] = value
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The files below a folder that contain the secret in any form. */
export function filesWith(folder: string, secret: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile() && holds(readFileSync(file, 'latin1'), secret))
}

/** Whether a text contains a secret: plain, in JSON, in a URL, as UTF-16, or in base64 at any alignment. */
export function holds(text: string, secret: string): boolean {
  const bytes = [Buffer.from(secret), Buffer.from(secret, 'utf16le')]
  const url = encodeURIComponent(secret)
  const forms = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    url,
    url.replace(/['()*!~]/g, (char) => `%${char.charCodeAt(0).toString(16)}`),
  ]
  return [...forms, ...bytes.map((each) => each.toString('latin1')), ...bytes.flatMap(base64Cores)].some((form) => text.includes(form))
}

/** The part of the base64 of these bytes that does not depend on the bytes around, for each of the three alignments. */
function base64Cores(bytes: Buffer): string[] {
  return [0, 1, 2].map((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes, Buffer.alloc(3)]).toString('base64')
    return whole.slice(before === 0 ? 0 : before + 1, Math.floor(((before + bytes.length) * 4) / 3))
  })
}
