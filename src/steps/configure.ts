import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseDuration } from '../core/duration.ts'
import { runPlaybook } from '../guest/ansible/playbook.ts'
import type { TaskEvent } from '../guest/ansible/task-events.ts'
import { onlyHost, type StepContext } from '../guest/context.ts'
import type { Session } from '../guest/session.ts'
import { systemOf } from '../guest/systems.ts'
import { buildFiles } from '../model/build-folder.ts'
import type { StepAnswer } from '../model/step.ts'

/** Runs the family's playbook on the base. A failure names the task that failed. */
export async function configure(context: StepContext): Promise<StepAnswer> {
  const { family, prove } = context.request
  const system = systemOf(family.os)
  await using session = await system.openSession(context, onlyHost(context))
  const suites = prove ? await (await import('./prove.ts')).proveSuites(context) : []
  // Read while Ansible starts, which takes longer: it costs no time.
  const remembered = rememberBase(session)
  if (!system.readsIdentityInParallel) await remembered
  const playbook = runPlaybook(session.context, {
    playbook: family.configure.playbook,
    connection: session.connection,
    timeoutMs: parseDuration(family.configure.timeout),
    log: context.log,
    onTask: (event) => tellTask(context, event),
  })
  const [played, known] = await Promise.allSettled([playbook, remembered])
  if (played.status === 'rejected') throw played.reason
  const { cause } = played.value
  if (cause === undefined && known.status === 'rejected') throw known.reason
  if (cause === undefined) return { status: 'ok', suites }
  await system.saveDiagnostics?.(session)
  return { status: 'failed', cause, suites }
}

/** Passes a task's event on to the build. */
export function tellTask(context: StepContext, event: TaskEvent): void {
  if (event.event === 'start') context.tell({ type: 'task', name: event.task })
  else context.tell({ type: 'task-done', name: event.task, status: event.status, durationMs: event.ms })
}

/** Saves the identity of the base: verify compares the image with it. */
async function rememberBase(session: Session): Promise<void> {
  const { folder, request } = session.context
  const identity = await systemOf(request.family.os).readIdentity(session)
  writeFileSync(join(folder, buildFiles.baseIdentity), `${JSON.stringify(identity, undefined, 2)}\n`)
}
