import { existsSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { UsageError } from '../../core/errors.ts'
import { run } from '../../core/exec.ts'
import { resolveInside } from '../../core/inside.ts'
import type { StepContext } from '../context.ts'
import { writeHostFile } from '../host-file.ts'
import type { Connection } from '../ssh/ssh.ts'
import { renderInventory, sshVariables } from './inventory.ts'
import { openPrivateFolder } from './private-folder.ts'
import { listVariableRoots } from './project-folders.ts'
import { installRequirements } from './requirements.ts'
import { type AnsibleSpec, ansibleEnvironment, settingsOf } from './settings.ts'
import { findCause, followTasks, type TaskEnd, type TaskEvent } from './task-events.ts'

/** A run of a playbook. */
export interface PlaybookRun {
  /** A path, relative to the family folder. Absolute paths are playbooks of this program. */
  readonly playbook: string
  readonly connection: Connection
  readonly timeoutMs: number
  /** Added to those of the family. */
  readonly variables?: Readonly<Record<string, unknown>>
  readonly onTask: (event: TaskEvent) => void
  readonly log: (text: string) => void
}

/** The result of a run of a playbook. */
export interface PlaybookOutcome {
  readonly ends: readonly TaskEnd[]
  /** Why it failed; undefined if it passed. */
  readonly cause: string | undefined
}

/** Runs one of the family's playbooks against one host, in the family's folder. */
export async function runPlaybook(context: StepContext, spec: PlaybookRun): Promise<PlaybookOutcome> {
  const { family } = context.request
  const playbook = isAbsolute(spec.playbook) ? spec.playbook : resolveInside(family.folder, spec.playbook)
  if (!existsSync(playbook))
    throw new UsageError(`${family.name}: the playbook ${spec.playbook} does not exist`, {
      hint: `create ${playbook}, or name another file in family.yaml`,
    })
  const installed = await installRequirements(context)
  const inventory = writeInventory(context, spec.connection)
  const variables = { ...family.configure.variables, ...buildVariables(context), ...spec.variables }
  using files = openPrivateFolder(variables, context.secrets, listVariableRoots(family.folder))
  const settings: AnsibleSpec = {
    folder: family.folder,
    venv: context.venv,
    strategy: family.configure.strategy,
    tasksFile: files.tasksFile,
    vaultPasswordFile: files.vaultPasswordFile,
    installed,
  }
  const redacted = context.redactor.stream()
  const ends: TaskEnd[] = []
  // Its timer keeps the process running until `stop`.
  const follower = followTasks(files.tasksFile, (event) => {
    if (event.event === 'end') ends.push(event)
    spec.onTask(event)
  })
  try {
    const inventories = [...files.inventories, inventory]
    const args = playbookArguments({ playbook, inventories, variablesFile: files.variablesFile, become: family.configure.become })
    const result = await run(join(context.venv, 'bin/ansible-playbook'), args, {
      cwd: family.folder,
      env: ansibleEnvironment(settings, settingsOf(family.folder)),
      signal: context.signal,
      timeoutMs: spec.timeoutMs,
      onLine: (line) => spec.log(redacted.push(`${line}\n`)),
    })
    context.signal.throwIfAborted()
    follower.stop()
    return { ends, cause: causeOf(result, ends, spec.timeoutMs) }
  } finally {
    spec.log(redacted.end())
    follower.stop()
  }
}

/** Arguments of `ansible-playbook`. They hold no values of variables. */
export function playbookArguments(spec: {
  readonly playbook: string
  /** Variables beside an inventory have precedence over those beside the inventories before it. */
  readonly inventories: readonly string[]
  readonly variablesFile: string
  readonly become: boolean
}): string[] {
  const inventories = spec.inventories.flatMap((path) => ['--inventory', path])
  return [...inventories, '--extra-vars', `@${spec.variablesFile}`, ...(spec.become ? ['--become'] : []), spec.playbook]
}

/** Variables about the build, for playbooks. */
function buildVariables({ request }: StepContext): Record<string, string> {
  return { bakehouse_family: request.family.name, bakehouse_version: request.version, bakehouse_build: request.build }
}

function writeInventory(context: StepContext, connection: Connection): string {
  const text = renderInventory(context.request.family.name, connection.variables ?? sshVariables(connection))
  return writeHostFile(context.folder, connection.host, { name: 'inventory.json', text })
}

/** The cause of a failure. Exit codes of Ansible: 2 failed, 4 unreachable or unreadable, 5 wrong options, 99 interrupted, 250 bug. */
function causeOf(
  result: { exitCode: number; stderr: string; timedOut: boolean },
  ends: readonly TaskEnd[],
  timeoutMs: number,
): string | undefined {
  if (result.timedOut) return `the playbook did not end within ${Math.round(timeoutMs / 1000)} s`
  if (result.exitCode === 0)
    return ends.length > 0 ? undefined : 'the playbook ran no task: its hosts do not match the machine (write hosts: all)'
  const said = result.stderr.split('\n').find((line) => /^(\[?ERROR\]?|ERROR!)/.test(line))
  return findCause(ends) ?? `ansible-playbook ended with exit code ${result.exitCode}${said ? `: ${said}` : ''}`
}
