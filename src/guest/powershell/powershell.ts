import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { reasonLine } from '../../core/reason-line.ts'
import { runPlaybook } from '../ansible/playbook.ts'
import type { Session } from '../session.ts'

/** A script to run in a Windows machine. */
export interface PowerShellRun {
  /** The text of `run.ps1`. Its current folder contains its files; it writes its results there. */
  readonly script: string
  /** Text files for that folder, by relative name. */
  readonly files?: Readonly<Record<string, string>>
  /** A folder of this computer; its content is copied into that folder. */
  readonly folder?: string
  /** A folder of this computer with PowerShell modules; it becomes `modules` in that folder. */
  readonly modules?: string
  /** Files to copy back. */
  readonly results?: readonly string[]
  readonly timeoutMs: number
}

/** The result of a script. */
export interface PowerShellOutcome {
  /** Why the script did not run, or why its output could not be read. An error of the script itself is in `stderr`. */
  readonly problem?: string
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  /** The results that exist, by name. */
  readonly results: Readonly<Record<string, string>>
}

/** Runs a script in a Windows machine through Ansible, over any transport. It leaves no file in the machine. */
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

/** Why a script failed: the reason why it did not run, or the message of its error. */
export function reasonOf({ problem, stderr }: Pick<PowerShellOutcome, 'problem' | 'stderr'>): string {
  return problem ?? (reasonLine(stderr) || 'it printed no error')
}

/** Starts a script that runs on after the connection has ended. Returns why it could not be started, or undefined. */
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
    // Without a byte order mark, Windows PowerShell reads a script in the code page of the machine.
    writeFileSync(file, name.endsWith('.ps1') ? `\ufeff${text}` : text, { mode: 0o600 })
  }
}

function readOutcome(file: string, cause: string | undefined): Omit<PowerShellOutcome, 'results'> {
  if (cause === undefined && existsSync(file)) {
    const { rc, stdout, stderr } = JSON.parse(readFileSync(file, 'utf8')) as { rc: number; stdout: string; stderr: string }
    return { exitCode: rc, stdout: stdout.replaceAll('\r\n', '\n'), stderr: stderr.replaceAll('\r\n', '\n') }
  }
  return { exitCode: -1, stdout: '', stderr: '', problem: cause ?? 'the script ran, but its output could not be copied back' }
}

function readResults(folder: string, names: readonly string[]): Record<string, string> {
  const there = names.filter((name) => existsSync(join(folder, name)))
  return Object.fromEntries(there.map((name) => [name, readFileSync(join(folder, name), 'utf8').replace(/^\ufeff/, '')]))
}
