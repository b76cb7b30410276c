import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { defined } from '../core/defined.ts'
import { disposeTogether } from '../core/dispose-together.ts'
import { parseDuration } from '../core/duration.ts'
import { RejectedError } from '../core/errors.ts'
import { shorten } from '../core/shorten.ts'
import { passInherited, readBaseFindings } from '../guest/base-findings.ts'
import type { StepContext } from '../guest/context.ts'
import type { Identity } from '../guest/identity.ts'
import type { OpenSession, Session } from '../guest/session.ts'
import { removeControlFolder } from '../guest/ssh/control-folder.ts'
import { disconnect } from '../guest/ssh/ssh.ts'
import { systemOf } from '../guest/systems.ts'
import { buildFiles } from '../model/build-folder.ts'
import { cleanSuite, longestText } from '../model/free-text.ts'
import type { StepAnswer } from '../model/step.ts'
import { type Suite, slugOf, suiteId, suiteNames } from '../model/suite.ts'
import { type CaseResult, type SuiteReport, type SuiteResult, suitePassed } from '../model/suite-result.ts'
import { expectedCases, findProblem, firstReason } from '../verify/judge.ts'
import { renderJunit } from '../verify/junit.ts'
import type { SuiteContext, Trial } from '../verify/verifier.ts'
import { chooseVerifier } from '../verify/verifiers.ts'
import { checkOffline } from './check-offline.ts'
import { hintForSuites } from './verify-hint.ts'

/** Runs all suites on all trials. A failure names the first failed test. */
export async function verify(context: StepContext): Promise<StepAnswer> {
  const deadline = Date.now() + parseDuration(context.request.family.verify.timeout)
  const system = systemOf(context.request.family.os)
  await using sessions = disposeTogether()
  const open = async (session: Promise<OpenSession>, index: number): Promise<Trial> =>
    openTrial(sessions.use(await session), index, deadline)
  const answer = await verifyTrials(context, await Promise.all(context.hosts.map((host) => system.openSession(context, host)).map(open)))
  if (answer.status === 'ok') removeControlFolder(context.folder)
  return answer
}

async function verifyTrials(context: StepContext, trials: readonly Trial[]): Promise<StepAnswer> {
  const { family } = context.request
  const first = await verifyAll(context, trials)
  const suites = [...first, ...(family.verify.reboot && first.every(suitePassed) ? await verifyAgain(context, trials) : [])]
  if (!suites.every(suitePassed)) {
    await Promise.all(trials.map((trial) => systemOf(family.os).saveDiagnostics?.(trial)))
    return { status: 'failed', cause: firstReason(suites), ...defined({ hint: hintForSuites(family.name, suites) }), suites }
  }
  await Promise.all(trials.map(({ connection }) => disconnect(connection)))
  return { status: 'ok', suites }
}

/** Runs the suites of the family on one machine, in parallel, after `clear` has settled. A failed suite is a result and is not thrown. */
export async function runSuites(context: StepContext, trial: Trial, clear: Promise<unknown> = Promise.resolve()): Promise<SuiteResult[]> {
  const { suites } = context.request.family.verify
  const names = suiteNames(suites)
  return Promise.all(
    suites.map(async (suite, index) => {
      const name = `${names[index]}${trial.suffix}`
      const verifier = await chooseVerifier(suite)
      const id = suiteId(suite, trial.suffix)
      const { previousCases } = context.request
      const expected = expectedCases(suite.minimumCases, previousCases[id] ?? previousCases[name])
      const run = () => verifier.run({ ...suiteContext(context, { trial, suite, name }), clear })
      return record(context, { name, id, verifier: suite.verifier, run, expected, clear })
    }),
  )
}

function openTrial({ context, connection }: Session, index: number, deadline: number): Trial {
  return { context, connection, suffix: index === 0 ? '' : ` (clone ${index + 1})`, boots: 1, deadline }
}

async function verifyAll(context: StepContext, trials: readonly Trial[]): Promise<SuiteResult[]> {
  const results = await Promise.all(trials.map((trial) => verifyTrial(trial.context, trial)))
  const identities = results.flatMap(({ identity }) => identity ?? [])
  const suites = results.flatMap((result) => result.suites)
  return identities.length > 1 ? [...suites, await recordClones(context, identities, trials[0]?.boots ?? 1)] : suites
}

interface TrialResult {
  readonly suites: readonly SuiteResult[]
  readonly identity: Identity | undefined
}

/**
 * The cases, in which findings that the family allows, or that the base machine had, count as passed. The first time, a note of the build
 * names each of them.
 */
async function allow(context: StepContext, cases: readonly CaseResult[], isFirst: boolean): Promise<readonly CaseResult[]> {
  const { hygiene } = context.request.family
  const allowed = hygiene ? (await import('../guest/hygiene.ts')).allowFindings(cases, hygiene.allow) : cases
  const judged = passInherited(allowed, readBaseFindings(context.folder))
  const changed = judged.filter(({ status }, index) => status !== cases[index]?.status)
  if (isFirst) for (const { name, message } of changed) context.tell({ type: 'note', text: `${name}: ${message}` })
  return judged
}

/** Verifies one trial. The hygiene checks run before the suites, because suites leave traces; the tools of the suites start meanwhile. */
async function verifyTrial(context: StepContext, trial: Trial): Promise<TrialResult> {
  const system = systemOf(context.request.family.os)
  let identity: Identity | undefined
  const name = `hygiene${trial.suffix}`
  const run = async (): Promise<SuiteReport> => {
    // The disk of the image is the same for all machines and boots.
    const offline = trial.suffix === '' ? checkOffline(trial) : []
    const [report, more] = await Promise.all([system.checkHygiene(trial, trial.boots), offline])
    identity = report.identity
    return { ...report, cases: await allow(context, [...report.cases, ...more], trial.suffix === '') }
  }
  const expected = expectedCases(undefined, context.request.previousCases[name])
  const hygiene = record(context, { name, verifier: 'hygiene', run, expected })
  const suites = runSuites(context, trial, Promise.allSettled([hygiene]))
  return { suites: (await Promise.all([hygiene, suites])).flat(), identity }
}

async function verifyAgain(context: StepContext, trials: readonly Trial[]): Promise<SuiteResult[]> {
  const system = systemOf(context.request.family.os)
  const reboot = async (trial: Trial): Promise<void> => {
    context.tell({ type: 'task', name: 'reboot' })
    await system.reboot(trial, trial.deadline)
  }
  await Promise.all(trials.map(reboot))
  return verifyAll(
    context,
    trials.map((trial) => ({ ...trial, suffix: `${trial.suffix} (after reboot)`, boots: trial.boots + 1 })),
  )
}

async function recordClones(context: StepContext, identities: readonly Identity[], boots: number): Promise<SuiteResult> {
  const { compareClones } = await import('../guest/hygiene.ts')
  const name = `clones${boots > 1 ? ' (after reboot)' : ''}`
  return record(context, {
    name,
    verifier: 'hygiene',
    run: async () => ({ cases: await allow(context, compareClones(identities), boots === 1) }),
    expected: undefined,
  })
}

interface Recorded {
  readonly name: string
  readonly id?: string
  readonly verifier: string
  readonly run: () => Promise<SuiteReport>
  readonly expected: { cases: number; why: string } | undefined
  /** The time-out of the suite counts from when this settles. */
  readonly clear?: Promise<unknown>
}

/** Runs one suite and writes its JUnit XML. If the machine does not answer, the suite has failed. */
async function record(context: StepContext, { name, id, verifier, run, expected, clear }: Recorded): Promise<SuiteResult> {
  const ran = Promise.allSettled([run()])
  await clear
  context.tell({ type: 'task', name })
  const started = performance.now()
  const [outcome] = await ran
  const report = outcome.status === 'fulfilled' ? outcome.value : reportTrouble(context, outcome.reason)
  const durationMs = Math.round(performance.now() - started)
  const problem = findProblem(report, expected)
  const junit = `${buildFiles.junit}/${slugOf(name)}.xml`
  const { cases } = report
  const judged: SuiteResult = {
    suite: name,
    ...defined({ id }),
    ...{ verifier, cases, durationMs, junit },
    ...defined({ problem }),
  }
  const result = cleanSuite(judged, (text) => shorten(context.redactor.text(text), longestText))
  writeFileSync(join(context.folder, junit), renderJunit(result))
  context.tell({ type: 'task-done', name, status: suitePassed(judged) ? 'ok' : 'failed', durationMs })
  return result
}

/** The report of a suite that could not run: failed. Throws errors that do not come from the image. */
function reportTrouble({ signal }: StepContext, error: unknown): SuiteReport {
  signal.throwIfAborted()
  if (error instanceof RejectedError) return { cases: [], problem: error.message }
  throw error
}

function suiteContext(context: StepContext, { trial, suite, name }: { trial: Trial; suite: Suite; name: string }): SuiteContext {
  return {
    context,
    connection: trial.connection,
    boots: trial.boots,
    suite,
    slug: slugOf(name),
    timeoutMs: Math.max(1_000, trial.deadline - Date.now()),
  }
}
