import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { runPlaybook } from '../ansible/playbook.ts'
import type { Session } from '../session.ts'

export interface PowerShellRun {
  /** What `run.ps1` does. It finds its files beside itself, in its current folder, and leaves its results there. */
  readonly script: string
  /** Text files to put beside it, by relative name. */
  readonly files?: Readonly<Record<string, string>>
  /** A folder of this machine whose content is put beside it. */
  readonly folder?: string
  /** A folder of this machine that becomes `modules` beside it: PowerShell modules. */
  readonly modules?: string
  /** Files to bring back. */
  readonly results?: readonly string[]
  readonly timeoutMs: number
}

export interface PowerShellOutcome {
  /** Why the script was not run, or its answer not had: not what the script itself said. */
  readonly problem?: string
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  /** Those of the asked-for results that were there. */
  readonly results: Readonly<Record<string, string>>
}

/** Runs a script in a Windows machine by way of Ansible, whatever its transport. Nothing stays in the machine. */
export async function runPowerShell({ context, connection }: Session, run: PowerShellRun): Promise<PowerShellOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'bh-'))
  const source = join(folder, 'source')
  const answers = join(folder, 'answers')
  try {
    for (const made of [source, answers]) mkdirSync(made, { mode: 0o700 })
    if (run.folder !== undefined) cpSync(run.folder, source, { recursive: true, dereference: true })
    if (run.modules !== undefined) cpSync(run.modules, join(source, 'modules'), { recursive: true, dereference: true })
    writeFiles(source, { ...run.files, 'run.ps1': run.script })
    const { cause } = await runPlaybook(context, {
      playbook: join(import.meta.dirname, 'plays/run.yml'),
      connection,
      timeoutMs: run.timeoutMs,
      variables: { bakehouse_source: source, bakehouse_answers: answers, bakehouse_results: run.results ?? [] },
      log: context.log,
      onTask: () => {},
    })
    return { ...readOutcome(join(answers, 'outcome.json'), cause), results: readResults(answers, run.results ?? []) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Why a script did not do what it should: it was not run, or the first thing that it complained of. */
export function reasonOf({ problem, stderr }: Pick<PowerShellOutcome, 'problem' | 'stderr'>): string {
  return problem ?? (stderr.trim().split('\n')[0] || 'it said nothing')
}

/** Starts a script that outlives the connection; why that failed, undefined when it did not. */
export async function startPowerShell({ context, connection }: Session, script: string, timeoutMs: number): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'bh-'))
  try {
    writeFiles(folder, { 'start.ps1': script })
    const { cause } = await runPlaybook(context, {
      playbook: join(import.meta.dirname, 'plays/start.yml'),
      connection,
      timeoutMs: Math.min(timeoutMs, 300_000),
      variables: { bakehouse_script: join(folder, 'start.ps1'), bakehouse_seconds: Math.ceil(timeoutMs / 1000) },
      log: context.log,
      onTask: () => {},
    })
    return cause
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name)
    mkdirSync(dirname(file), { recursive: true })
    // Windows PowerShell takes a script without a mark for one in the machine's own code page.
    writeFileSync(file, name.endsWith('.ps1') ? `\ufeff${text}` : text, { mode: 0o600 })
  }
}

function readOutcome(file: string, cause: string | undefined): Omit<PowerShellOutcome, 'results'> {
  if (cause === undefined && existsSync(file)) {
    const { rc, stdout, stderr } = JSON.parse(readFileSync(file, 'utf8')) as { rc: number; stdout: string; stderr: string }
    return { exitCode: rc, stdout: stdout.replaceAll('\r\n', '\n'), stderr: stderr.replaceAll('\r\n', '\n') }
  }
  return { exitCode: -1, stdout: '', stderr: '', problem: cause ?? 'the script ran, but its answer was not brought back' }
}

function readResults(folder: string, names: readonly string[]): Record<string, string> {
  const there = names.filter((name) => existsSync(join(folder, name)))
  return Object.fromEntries(there.map((name) => [name, readFileSync(join(folder, name), 'utf8').replace(/^\ufeff/, '')]))
}
