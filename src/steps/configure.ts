import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseDuration } from '../core/duration.ts'
import { runPlaybook } from '../guest/ansible/playbook.ts'
import type { TaskEvent } from '../guest/ansible/task-events.ts'
import { onlyHost, type StepContext, type Way } from '../guest/context.ts'
import { readIdentity } from '../guest/identity.ts'
import { diagnose } from '../guest/linux/diagnose.ts'
import { reach } from '../guest/session.ts'
import { buildFiles } from '../model/build-folder.ts'
import type { StepAnswer } from '../model/step.ts'

/** Runs the family's playbook on the base. A failure names the task that failed. */
export async function configure(context: StepContext): Promise<StepAnswer> {
  const { family, prove } = context.request
  await using way = await reach(context, onlyHost(context))
  const { connection } = way
  const suites = prove ? await (await import('./prove.ts')).proveSuites(context) : []
  // Asked while Ansible starts, which takes longer: it costs nothing.
  const remembered = rememberBase(way)
  // A Windows playbook may restart the machine under the question.
  if (family.os === 'windows') await remembered
  const playbook = runPlaybook(way.context, {
    playbook: family.configure.playbook,
    connection,
    timeoutMs: parseDuration(family.configure.timeout),
    log: context.log,
    onTask: (event) => tellTask(context, event),
  })
  const [played, known] = await Promise.allSettled([playbook, remembered])
  if (played.status === 'rejected') throw played.reason
  const { cause } = played.value
  if (cause === undefined && known.status === 'rejected') throw known.reason
  if (cause === undefined) return { status: 'ok', suites }
  await diagnose(context, connection)
  return { status: 'failed', cause, suites }
}

/** Passes a task's event on to the build. */
export function tellTask(context: StepContext, event: TaskEvent): void {
  if (event.event === 'start') context.tell({ type: 'task', name: event.task })
  else context.tell({ type: 'task-done', name: event.task, status: event.status, durationMs: event.ms })
}

/** Notes who the base is, so that verify can tell whether the image still is that machine. */
async function rememberBase(way: Way): Promise<void> {
  const { context, connection } = way
  const windows = context.request.family.os === 'windows'
  const identity = windows
    ? await (await import('../guest/windows/hygiene.ts')).readWindowsIdentity(way)
    : await readIdentity(connection, context.signal)
  writeFileSync(join(context.folder, buildFiles.baseIdentity), `${JSON.stringify(identity, undefined, 2)}\n`)
}
