import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseDuration } from '../../core/duration.ts'
import { RejectedError } from '../../core/errors.ts'
import { buildFiles } from '../../model/build-folder.ts'
import type { StepContext } from '../context.ts'
import { readFamilyScript } from '../family-script.ts'
import { reasonOf, runPowerShell, startPowerShell } from '../powershell/powershell.ts'
import type { Session } from '../session.ts'

/** State of the machine before it is generalised. */
export interface Readiness {
  readonly imageState: string
  /** Components that wait for a reboot. */
  readonly pending: readonly string[]
  /** Processes that still run: servicing, installers. */
  readonly busy: readonly string[]
}

/** State of the machine while it is generalised. */
export interface SealState {
  /** Why generalising failed; empty if it has not failed. */
  readonly why: string
  readonly imageState: string
  readonly running: boolean
  /** The ends of Sysprep's error log and action log. */
  readonly errors: string
  readonly actions: string
}

/** Time between two polls, in ms: of a busy machine, of the cloud, and of a machine that is being generalised. */
const defaultPauses = { busy: 15_000, state: 5_000, inside: 60_000 }

/**
 * Generalises the machine with EC2Launch if it is installed, else with Sysprep. Ends when the machine is stopped. Throws
 * RejectedError with Sysprep's error if generalising fails, and if the machine does not stop in time.
 */
export async function sealWindows(session: Session, isStopped: () => Promise<boolean>, pauses = defaultPauses): Promise<void> {
  const { context } = session
  const { family } = context.request
  const deadline = Date.now() + parseDuration(family.seal.timeout)
  if (family.seal.script !== undefined) await runFamilyScript(session, family.seal.script, deadline)
  context.tell({ type: 'task', name: 'wait until installations have ended' })
  await waitUntilReady(session, deadline, pauses)
  context.tell({ type: 'task', name: 'generalise' })
  const cause = await startPowerShell(session, readScript('windows-seal.ps1'), Math.max(60_000, deadline - Date.now()))
  if (cause !== undefined) throw new RejectedError(`generalising could not be started: ${cause}`)
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
  if (outcome.problem !== undefined) throw new RejectedError(`${file} was not run: ${outcome.problem}`)
  if (outcome.exitCode !== 0) throw new RejectedError(`${file} ended with exit code ${outcome.exitCode}: ${reasonOf(outcome)}`)
}

async function waitUntilReady(session: Session, deadline: number, pauses: typeof defaultPauses): Promise<void> {
  for (;;) {
    const outcome = await runPowerShell(session, { script: readScript('windows-check.ps1'), timeoutMs: 300_000 })
    if (outcome.problem !== undefined)
      throw new RejectedError(`the state of the machine could not be read before generalising: ${outcome.problem}`)
    const verdict = judgeReadiness(parseAnswer<Readiness>(outcome.stdout))
    if (verdict.ready) return
    if (verdict.fatal || Date.now() > deadline) throw new RejectedError(verdict.why, { hint: verdict.hint })
    await sleep(pauses.busy, undefined, { signal: session.context.signal })
  }
}

type Verdict = { readonly ready: true } | { readonly ready: false; readonly fatal: boolean; readonly why: string; readonly hint: string }

/** Whether a machine can be generalised. A pending reboot does not end by itself; a busy process does. */
export function judgeReadiness({ imageState, pending, busy }: Readiness): Verdict {
  if (imageState !== 'IMAGE_STATE_COMPLETE') {
    const why = `the machine cannot be generalised: its ImageState is ${imageState || 'unknown'}, expected IMAGE_STATE_COMPLETE`
    return { ready: false, fatal: true, why, hint: 'finish Windows Setup in the base image' }
  }
  if (pending.length > 0) {
    const why = `the machine cannot be generalised: a reboot is pending (${pending.join(', ')})`
    return { ready: false, fatal: true, why, hint: 'end the playbook with ansible.windows.win_reboot' }
  }
  if (busy.length > 0) {
    const why = `the machine cannot be generalised: ${busy.join(', ')} did not end in time`
    return { ready: false, fatal: false, why, hint: 'set a longer seal: {timeout: …} in family.yaml' }
  }
  return { ready: true }
}

/** Waits until the cloud reports that the machine has stopped. Also polls the machine now and then, to notice a failure. */
async function waitUntilSealed(
  session: Session,
  isStopped: () => Promise<boolean>,
  { deadline, pauses }: { readonly deadline: number; readonly pauses: typeof defaultPauses },
): Promise<void> {
  const { context } = session
  let last: SealState | undefined
  for (let next = Date.now() + pauses.inside; ; ) {
    if (await isStopped()) return
    if (Date.now() > next) {
      last = (await findState(session)) ?? last
      if (last?.why) throw failed(context, last, last.why)
      next = Date.now() + pauses.inside
    }
    if (Date.now() > deadline) {
      const why = `the machine did not stop within ${context.request.family.seal.timeout}`
      throw failed(context, last, last ? `${why}; ImageState is ${last.imageState}` : why)
    }
    await sleep(pauses.state, undefined, { signal: context.signal })
  }
}

async function findState(session: Session): Promise<SealState | undefined> {
  const outcome = await runPowerShell(session, { script: readScript('windows-watch.ps1'), timeoutMs: 120_000 })
  if (outcome.problem !== undefined) return undefined
  const progress = parseAnswer<SealState>(outcome.stdout)
  session.context.log(`ImageState ${progress.imageState}${progress.running ? ', Sysprep runs' : ''}\n`)
  return progress
}

/** The error of a failed generalisation, with Sysprep's own error if its log has one. Saves the log into the diagnostics folder. */
function failed(context: StepContext, progress: SealState | undefined, why: string): RejectedError {
  if (progress) writePanther(context, progress)
  const error = progress && findSysprepError(progress.errors)
  return new RejectedError(`generalising failed: ${why}${error ? `: ${error}` : ''}`, {
    hint: progress
      ? `Sysprep's log: ${buildFiles.diagnostics}/setupact.log`
      : 'the machine did not answer; its console is in the diagnostics folder',
  })
}

/** The first error of Sysprep's log, without its time stamp: `SYSPRP Package X was installed for a user, but not provisioned…`. */
export function findSysprepError(log: string): string | undefined {
  const line = log.split(/\r?\n/).find((each) => /,\s*Error\b/.test(each))
  return line?.replace(/^.*?,\s*Error\s*(\[[^\]]*\])?\s*/, '').trim()
}

function writePanther(context: StepContext, { errors, actions }: SealState): void {
  const folder = join(context.folder, buildFiles.diagnostics)
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of Object.entries({ 'setuperr.log': errors, 'setupact.log': actions })) {
    writeFileSync(join(folder, name), context.redactor.text(text), { mode: 0o600 })
  }
}

/** The last line that a script printed, parsed as JSON. Throws RejectedError if it is none. */
export function parseAnswer<T>(stdout: string): T {
  const line = stdout.trim().split('\n').at(-1) ?? ''
  try {
    return JSON.parse(line) as T
  } catch (cause) {
    throw new RejectedError(`the machine answered "${line.slice(0, 200)}", expected JSON`, { cause })
  }
}

function readScript(name: string): string {
  return readFileSync(join(import.meta.dirname, name), 'utf8')
}
