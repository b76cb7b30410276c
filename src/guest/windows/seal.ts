import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseDuration } from '../../core/duration.ts'
import { RejectedError } from '../../core/errors.ts'
import { buildFiles } from '../../model/build-folder.ts'
import type { StepContext } from '../context.ts'
import { readFamilyScript } from '../family-script.ts'
import { consoleScript, findConsoleMessage } from '../powershell/console.ts'
import { reasonOf, runPowerShell, startPowerShell } from '../powershell/powershell.ts'
import { renderScript, renderScripts } from '../powershell/script.ts'
import type { Session } from '../session.ts'
import { parseAnswer } from './answer.ts'
import { waitUntilReady } from './readiness.ts'
import { findSysprepError, saveSysprepLogs } from './sysprep-log.ts'

/** State of the machine while it is generalised. */
export interface SealState {
  /** Why generalising failed; empty if it has not failed. */
  readonly why: string
  /** Connections that could not be opened again after that, with the reasons. */
  readonly closed?: string
  readonly imageState: string
  readonly running: boolean
  /** The ends of Sysprep's error log and action log. */
  readonly errors: string
  readonly actions: string
}

/** Time between two polls, in ms: of a busy machine, of the cloud, and of a machine that is being generalised. */
const defaultPauses = { busy: 15_000, state: 5_000, inside: 60_000 }

/** Time reserved for the shutdown after generalising, or for opening the connections again, in ms. */
const reserve = 180_000

/**
 * Generalises the machine with EC2Launch if it is installed, else with Sysprep. Ends when the machine is stopped. Throws
 * RejectedError with Sysprep's error if generalising fails, if the machine stops without it, and if it does not stop in time.
 */
export async function sealWindows(session: Session, isStopped: () => Promise<boolean>, pauses = defaultPauses): Promise<void> {
  const { context } = session
  const { family } = context.request
  const deadline = Date.now() + parseDuration(family.seal.timeout)
  if (family.seal.script !== undefined) await runFamilyScript(session, family.seal.script, deadline)
  context.tell({ type: 'task', name: 'wait until installations have ended' })
  await waitUntilReady(session, { deadline, pause: pauses.busy })
  context.tell({ type: 'task', name: 'generalise' })
  const left = Math.max(60_000, deadline - Date.now())
  const cause = await startPowerShell(session, renderSealScript(Math.max(60, Math.round((left - reserve) / 1000))), left)
  if (cause !== undefined) throw new RejectedError(`generalising could not be started: ${cause}`)
  await waitUntilSealed(session, isStopped, { deadline, pauses })
}

/** The script that seals. `limit`: how long generalising may take, in seconds. */
export function renderSealScript(limit: number): string {
  const names = ['traces', 'access', 'generalise', 'seal']
  return renderScripts([consoleScript, ...names.map((name) => join(import.meta.dirname, `scripts/${name}.ps1`))], { Limit: limit })
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

/** Waits until the cloud reports that the machine has stopped. Also polls the machine now and then, to notice a failure. */
async function waitUntilSealed(
  session: Session,
  isStopped: () => Promise<boolean>,
  { deadline, pauses }: { readonly deadline: number; readonly pauses: typeof defaultPauses },
): Promise<void> {
  const { context } = session
  let last: SealState | undefined
  for (let next = Date.now() + pauses.inside; ; ) {
    if (await isStopped()) return requireSealed(session, pauses.state)
    if (Date.now() > next) {
      const state = await findState(session)
      last = state ?? last
      const why = state ? whyFailed(state) : findFailure(await readConsole(session))
      if (why) throw failed(context, last, why)
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
  const script = renderScript(join(import.meta.dirname, 'scripts/watch.ps1'))
  const outcome = await runPowerShell(session, { script, timeoutMs: 120_000 })
  if (outcome.problem !== undefined) return undefined
  const progress = parseAnswer<SealState>(outcome.stdout)
  session.context.log(`ImageState ${progress.imageState}${progress.running ? ', Sysprep runs' : ''}\n`)
  return progress
}

function whyFailed({ why, closed }: SealState): string {
  return why && closed ? `${why}; these connections could not be opened again: ${closed}` : why
}

function readConsole({ context, connection }: Session): Promise<string> {
  return context.readConsole(connection.host.instanceId)
}

/** Why sealing failed, from the console of the machine. It is needed if the machine could not open its connections again. */
function findFailure(text: string): string | undefined {
  return /^sealing failed: (.*)$/.exec(findConsoleMessage(text) ?? '')?.[1]
}

/** How often the console of a stopped machine is read: a cloud may show its last lines late. */
const readings = 10

/**
 * A machine that stopped in the middle of sealing has no image to keep. Its console says whether sealing ended. Where the console says
 * nothing, the check `image-generalised` decides.
 */
async function requireSealed(session: Session, pause: number): Promise<void> {
  const { context } = session
  for (let reading = 1; ; reading++) {
    const text = await readConsole(session)
    const failure = findFailure(text)
    if (failure !== undefined) throw failed(context, undefined, failure)
    if (findConsoleMessage(text) !== 'sealing began') return
    if (reading >= readings) throw failed(context, undefined, 'the machine stopped before it was generalised')
    await sleep(pause, undefined, { signal: context.signal })
  }
}

/** The error of a failed generalisation, with Sysprep's own error if its log has one. Saves the log into the diagnostics folder. */
function failed(context: StepContext, progress: SealState | undefined, why: string): RejectedError {
  if (progress) saveSysprepLogs(context, progress)
  const error = progress && findSysprepError(progress.errors)
  return new RejectedError(`generalising failed: ${why}${error ? `: ${error}` : ''}`, {
    hint: progress
      ? `Sysprep's log: ${buildFiles.diagnostics}/setupact.log`
      : 'the machine did not answer; its console is in the diagnostics folder',
  })
}
