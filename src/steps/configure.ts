import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeCloud } from '../cloud/clouds.ts'
import type { BaseKind } from '../cloud/descriptor.ts'
import { defined } from '../core/defined.ts'
import { parseDuration } from '../core/duration.ts'
import { runPlaybook } from '../guest/ansible/playbook.ts'
import type { TaskEvent } from '../guest/ansible/task-events.ts'
import { onlyHost, type StepContext } from '../guest/context.ts'
import type { Session } from '../guest/session.ts'
import { systemOf } from '../guest/systems.ts'
import { buildFiles } from '../model/build-folder.ts'
import type { Base } from '../model/family.ts'
import type { StepAnswer } from '../model/step.ts'

/** Runs the playbook of the family on the base machine. A failure names the failed task. */
export async function configure(context: StepContext): Promise<StepAnswer> {
  const { family, prove } = context.request
  const system = systemOf(family.os)
  await using session = await system.openSession(context, onlyHost(context))
  const suites = prove ? await proveSuites(context) : []
  const hint = await system.prepare?.(session)
  await rememberFindings(session)
  // In parallel with the start of Ansible, which takes longer. So this takes no extra time.
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
  const problem = await system.findAccessProblem?.(session)
  return { status: 'failed', cause, ...defined({ hint: problem?.hint ?? hint ?? (await findBaseHint(context, cause)) }), suites }
}

/** The hint for a playbook that failed because the base image lacks something. */
async function findBaseHint({ request: { family, cloud } }: StepContext, cause: string): Promise<string | undefined> {
  const { findRootFamily } = await import('../family/root-family.ts')
  // A parent family that can no longer be read gives no hint; the cause is still that of the playbook.
  const root = await findRootFamily(family).catch(() => family)
  const hint = (await findBaseKind(root.base, cloud))?.findHint?.(root.base, cause)
  if (hint === undefined) return systemOf(family.os).findHint?.(family.configure, cause)
  return root.name === family.name ? hint : `${hint}, in the family ${root.name}`
}

/** The kind of a base, if the cloud describes it. */
async function findBaseKind(base: Base, cloud: string): Promise<BaseKind | undefined> {
  return (await describeCloud(cloud)).bases.find(({ kind }) => kind === base.kind)
}

/** Reports the event of a task to the build. */
function tellTask(context: StepContext, event: TaskEvent): void {
  if (event.event === 'start') context.tell({ type: 'task', name: event.task })
  else context.tell({ type: 'task-done', name: event.task, status: event.status, durationMs: event.ms })
}

/** Saves the identity of the base machine. Verify compares that of the trials with it. */
async function rememberBase(session: Session): Promise<void> {
  const { folder, request } = session.context
  const identity = await systemOf(request.family.os).readIdentity(session)
  writeFileSync(join(folder, buildFiles.baseIdentity), `${JSON.stringify(identity, undefined, 2)}\n`)
}

/** Saves what hygiene finds on a base machine, before the playbook changes it, unless this program made the base. */
async function rememberFindings(session: Session): Promise<void> {
  const { context } = session
  const { family, cloud } = context.request
  const system = systemOf(family.os)
  if (system.inheritedChecks === undefined || (await findBaseKind(family.base, cloud))?.isOwn) return
  context.tell({ type: 'task', name: 'read what the base image already has' })
  const { cases } = await system.checkHygiene(session, 1)
  const { writeBaseFindings } = await import('../guest/base-findings.ts')
  writeBaseFindings(context.folder, cases, system.inheritedChecks)
}

// A function of its own, because the compiler does not rewrite imports inside of a function with `await using`.
async function proveSuites(context: StepContext): ReturnType<typeof import('./prove.ts')['proveSuites']> {
  return (await import('./prove.ts')).proveSuites(context)
}
