import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunResult, run } from '../../src/core/exec.ts'
import { sourceFolder } from '../../src/core/paths.ts'
import type { StepRequest, StepResult } from '../../src/model/step.ts'
import { renderRequest } from '../../src/model/step-request.ts'
import { makeFamily } from './family.ts'

/** The program that runs a step. */
export const stepRunner = join(sourceFolder(), 'steps/run.ts')

/** The default machine of a step. */
export const host = {
  instanceId: 'i',
  transport: 'ssh',
  address: 'a',
  port: 22,
  user: 'root',
  identityFile: '/k',
  knownHostsFile: '/h',
} as const

/** A script that replaces `ssh` to a machine with one host key. It prints these lines. */
export function machineScript(lines: string): string {
  const shown = 'debug1: Server host key: ssh-ed25519 SHA256:cJ6AyISHokEeHuTfufIqhhSS0gxHZRUMDHlKvXD4FHw'
  return `case "$*" in *DEBUG1*) echo '${shown}' >&2; exit 255 ;; esac
cat >/dev/null
cat <<'END'
host-key ssh-ed25519 AAAA
${lines}
END`
}

/** The type of a result with all members that a result can have. */
type AnyResult = Pick<StepResult, 'step' | 'status' | 'log' | 'suites'> & { readonly cause?: string; readonly hint?: string }

/** Fields of `family.yaml` that a test sets, and the cloud of the build. */
interface RequestFields {
  readonly base?: object
  readonly configure?: object
  readonly verify?: object
  readonly hygiene?: object
  readonly cloud?: string
}

/** A build folder with scripts that replace ssh and Ansible. */
export interface StepFolder extends Disposable {
  readonly path: string
  readonly env: Record<string, string>
  /** Writes `request.json`. */
  request(more?: RequestFields): void
  /** Writes a shell script to this path of the folder, for example `bin/ssh` or `venv/bin/ansible-playbook`. */
  script(path: string, text: string): void
  step(name: string, env?: Record<string, string>): Promise<RunResult & { readonly json: AnyResult | undefined }>
  /** All files below the folder, except the scripts. */
  files(): string[]
}

export function makeStepFolder(): StepFolder {
  const path = mkdtempSync(join(tmpdir(), 'step-test-'))
  mkdirSync(join(path, 'bin'))
  mkdirSync(join(path, 'venv/bin'), { recursive: true })
  mkdirSync(join(path, 'family'))
  writeFileSync(join(path, 'family/playbook.yml'), '')
  const env = {
    BAKEHOUSE_HOSTS: JSON.stringify([host]),
    BAKEHOUSE_VENV: join(path, 'venv'),
    PATH: `${join(path, 'bin')}:${process.env.PATH}`,
  }
  return {
    path,
    env,
    request: (more = {}) => writeFileSync(join(path, 'request.json'), renderRequest(requestOf(join(path, 'family'), more))),
    script(file, text) {
      writeFileSync(join(path, file), `#!/bin/sh\n${text}\n`)
      chmodSync(join(path, file), 0o755)
    },
    async step(name, more = {}) {
      const result = await run(process.execPath, [stepRunner, name, path], { env: { ...env, ...more } })
      const file = join(path, `steps/${name}.json`)
      return { ...result, json: existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as AnyResult) : undefined }
    },
    files: () =>
      readdirSync(path, { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile() && !/\/(venv|bin)(\/|$)/.test(entry.parentPath.slice(path.length)))
        .map((entry) => join(entry.parentPath, entry.name)),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}

function requestOf(folder: string, { configure = {}, verify = {}, cloud = 'local', ...others }: RequestFields): StepRequest {
  const fields = {
    ...others,
    configure: { strategy: 'linear', timeout: '1m', ...configure },
    seal: { timeout: '1m' },
    verify: { timeout: '1m', ...verify },
  }
  const family = makeFamily(fields, { name: 'fam', folder })
  return { family, version: 'v', build: 'b', cloud, previousCases: {}, prove: false }
}

/** The text of all files. */
export function readAll(paths: readonly string[]): string {
  return paths.map((path) => readFileSync(path, 'latin1')).join('\n')
}
