import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseDuration } from '../core/duration.ts'
import { BuildFailed } from '../core/errors.ts'
import type { SuiteResult } from '../core/model.ts'
import { runPlaybook } from './ansible/playbook.ts'
import type { TaskEvent } from './ansible/task-events.ts'
import { type Connection, connect } from './connect.ts'
import { onlyHost, type StepContext } from './context.ts'
import { diagnose } from './diagnose.ts'
import { readIdentity } from './identity.ts'
import { buildFiles } from './request.ts'

/** Runs the family's playbook on the base. Throws BuildFailed naming the task that failed. */
export async function configure(context: StepContext): Promise<readonly SuiteResult[]> {
  const { family, prove } = context.request
  const connection = connect(onlyHost(context), context.folder)
  const proved = prove ? await (await import('./prove.ts')).prove(context) : []
  // Asked while Ansible starts, which takes longer: it costs nothing.
  const remembered = family.os === 'linux' ? rememberBase(context, connection) : undefined
  const playbook = runPlaybook(context, {
    playbook: family.configure.playbook,
    connection,
    timeoutMs: parseDuration(family.configure.timeout),
    log: context.log,
    onTask: (event) => tellTask(context, event),
  })
  const [{ cause }] = await Promise.all([playbook, remembered])
  if (cause === undefined) return proved
  await diagnose(context, connection)
  throw new BuildFailed(cause)
}

/** Passes a task's event on to the build. */
export function tellTask(context: StepContext, event: TaskEvent): void {
  if (event.event === 'start') context.tell({ type: 'task', name: event.task })
  else context.tell({ type: 'task-done', name: event.task, status: event.status, durationMs: event.ms })
}

/** Notes who the base is, so that verify can tell whether the image still is that machine. */
async function rememberBase(context: StepContext, connection: Connection): Promise<void> {
  const identity = await readIdentity(connection, context.signal)
  writeFileSync(join(context.folder, buildFiles.baseIdentity), `${JSON.stringify(identity, undefined, 2)}\n`)
}
