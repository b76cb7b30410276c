import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseDuration } from '../../core/duration.ts'
import { BuildFailed } from '../../core/errors.ts'
import { buildFiles } from '../../model/build-folder.ts'
import type { StepContext } from '../context.ts'
import { readFamilyScript } from '../family-script.ts'
import { reasonOf, runPowerShell, startPowerShell } from '../powershell/powershell.ts'
import type { Session } from '../session.ts'

/** What the machine says before it is generalised. */
export interface Readiness {
  readonly imageState: string
  /** What waits for a reboot. */
  readonly pending: readonly string[]
  /** What still works: servicing, installers. */
  readonly busy: readonly string[]
}

/** What it says meanwhile. */
export interface Progress {
  /** Why generalising failed; empty while it has not. */
  readonly why: string
  readonly imageState: string
  readonly running: boolean
  /** The end of Sysprep's error log, and of its log of actions. */
  readonly errors: string
  readonly actions: string
}

/** Pauses in ms: between two looks at a machine that is still busy, at its state in the cloud, and inside of it. */
const defaultPauses = { busy: 15_000, state: 5_000, inside: 60_000 }

/**
 * Generalises the machine: EC2Launch where it is there, Sysprep itself elsewhere. Ends when the machine is stopped. Throws
 * BuildFailed with Sysprep's own error when generalising fails, and when the machine does not stop in time.
 */
export async function sealWindows(session: Session, isStopped: () => Promise<boolean>, pauses = defaultPauses): Promise<void> {
  const { context } = session
  const { family } = context.request
  const deadline = Date.now() + parseDuration(family.seal.timeout)
  if (family.seal.script !== undefined) await runFamilyScript(session, family.seal.script, deadline)
  context.tell({ type: 'task', name: 'wait until nothing is installed any more' })
  await waitUntilReady(session, deadline, pauses)
  context.tell({ type: 'task', name: 'generalise' })
  const cause = await startPowerShell(session, readScript('windows-seal.ps1'), Math.max(60_000, deadline - Date.now()))
  if (cause !== undefined) throw new BuildFailed(`generalising could not be started: ${cause}`)
  await waitUntilSealed(session, isStopped, { deadline, pauses })
}

async function runFamilyScript(session: Session, file: string, deadline: number): Promise<void> {
  const { context } = session
  context.tell({ type: 'task', name: `run ${file}` })
  const outcome = await runPowerShell(session, {
    script: readFamilyScript(context, file),
    timeoutMs: Math.max(1_000, deadline - Date.now()),
  })
  context.log(`${outcome.stdout}${outcome.stderr}`)
  if (outcome.problem !== undefined) throw new BuildFailed(`${file} was not run: ${outcome.problem}`)
  if (outcome.exitCode !== 0) throw new BuildFailed(`${file} ended with exit code ${outcome.exitCode}: ${reasonOf(outcome)}`)
}

async function waitUntilReady(session: Session, deadline: number, pauses: typeof defaultPauses): Promise<void> {
  for (;;) {
    const outcome = await runPowerShell(session, { script: readScript('windows-check.ps1'), timeoutMs: 300_000 })
    if (outcome.problem !== undefined) throw new BuildFailed(`the machine does not say whether it can be generalised: ${outcome.problem}`)
    const verdict = judgeReadiness(parseAnswer<Readiness>(outcome.stdout))
    if (verdict.ready) return
    if (verdict.fatal || Date.now() > deadline) throw new BuildFailed(verdict.why, { hint: verdict.hint })
    await sleep(pauses.busy, undefined, { signal: session.context.signal })
  }
}

type Verdict = { readonly ready: true } | { readonly ready: false; readonly fatal: boolean; readonly why: string; readonly hint: string }

/** Whether a machine can be generalised. A pending reboot stays until somebody reboots; what works ends by itself. */
export function judgeReadiness({ imageState, pending, busy }: Readiness): Verdict {
  if (imageState !== 'IMAGE_STATE_COMPLETE') {
    const why = `the machine cannot be generalised: its ImageState is ${imageState || 'unknown'}, expected IMAGE_STATE_COMPLETE`
    return { ready: false, fatal: true, why, hint: 'the base image was not set up to its end' }
  }
  if (pending.length > 0) {
    const why = `the machine cannot be generalised: a reboot is pending (${pending.join(', ')})`
    return { ready: false, fatal: true, why, hint: 'end the playbook with ansible.windows.win_reboot' }
  }
  if (busy.length > 0) {
    const why = `the machine cannot be generalised: ${busy.join(', ')} did not come to an end`
    return { ready: false, fatal: false, why, hint: 'give it longer: seal: {timeout: …}' }
  }
  return { ready: true }
}

/** The machine goes down by itself. What the cloud says decides; the machine is asked now and then, as it may tell of a failure. */
async function waitUntilSealed(
  session: Session,
  isStopped: () => Promise<boolean>,
  { deadline, pauses }: { readonly deadline: number; readonly pauses: typeof defaultPauses },
): Promise<void> {
  const { context } = session
  let last: Progress | undefined
  for (let look = Date.now() + pauses.inside; ; ) {
    if (await isStopped()) return
    if (Date.now() > look) {
      last = (await findProgress(session)) ?? last
      if (last?.why) throw failed(context, last, last.why)
      look = Date.now() + pauses.inside
    }
    if (Date.now() > deadline) {
      const why = `the machine did not stop within ${context.request.family.seal.timeout}`
      throw failed(context, last, last ? `${why}; ImageState is ${last.imageState}` : why)
    }
    await sleep(pauses.state, undefined, { signal: context.signal })
  }
}

async function findProgress(session: Session): Promise<Progress | undefined> {
  const outcome = await runPowerShell(session, { script: readScript('windows-watch.ps1'), timeoutMs: 120_000 })
  if (outcome.problem !== undefined) return undefined
  const progress = parseAnswer<Progress>(outcome.stdout)
  session.context.log(`ImageState ${progress.imageState}${progress.running ? ', Sysprep runs' : ''}\n`)
  return progress
}

/** The error of a failed generalisation: Sysprep's own where its log has one. The whole log goes to the diagnostics. */
function failed(context: StepContext, progress: Progress | undefined, why: string): BuildFailed {
  if (progress) writePanther(context, progress)
  const error = progress && findSysprepError(progress.errors)
  return new BuildFailed(`generalising failed: ${why}${error ? `: ${error}` : ''}`, {
    hint: progress ? `Sysprep's log: ${buildFiles.diagnostics}/setupact.log` : 'the machine could not be asked',
  })
}

/** The first error of Sysprep's log, without its time stamp: `SYSPRP Package X was installed for a user, but not provisioned…`. */
export function findSysprepError(log: string): string | undefined {
  const line = log.split(/\r?\n/).find((each) => /,\s*Error\b/.test(each))
  return line?.replace(/^.*?,\s*Error\s*(\[[^\]]*\])?\s*/, '').trim()
}

function writePanther(context: StepContext, { errors, actions }: Progress): void {
  const folder = join(context.folder, buildFiles.diagnostics)
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of Object.entries({ 'setuperr.log': errors, 'setupact.log': actions })) {
    writeFileSync(join(folder, name), context.redactor.text(text), { mode: 0o600 })
  }
}

/** The last line of JSON that a script printed. Throws BuildFailed when there is none. */
export function parseAnswer<T>(stdout: string): T {
  const line = stdout.trim().split('\n').at(-1) ?? ''
  try {
    return JSON.parse(line) as T
  } catch (cause) {
    throw new BuildFailed(`the machine answered "${line.slice(0, 200)}", expected JSON`, { cause })
  }
}

function readScript(name: string): string {
  return readFileSync(join(import.meta.dirname, name), 'utf8')
}
