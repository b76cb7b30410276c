import { join } from 'node:path'
import { BuildFailed, Cancelled, messageOf } from '../core/errors.ts'
import type { BuildEvent, Phase } from '../core/events.ts'
import type { Host, SuiteResult } from '../core/model.ts'
import { lifetimeOf } from '../family/longest.ts'
import { type BuildOutputs, bakeProgram, type GraphSpec, keepProgram } from '../graph/graph.ts'
import { buildFiles } from '../steps/request.ts'
import type { BakeOutcome, BakeRequest } from './api.ts'
import { acquireSharedLease } from './backend-lease.ts'
import { completeBundle } from './bundle.ts'
import { type BuildRemains, diagnose, removeBuild } from './clean-up.ts'
import { followEngine } from './engine-phases.ts'
import { followEvents } from './follow.ts'
import { type Journal, openJournal } from './journal.ts'
import { removeKeys } from './keys.ts'
import { acquireLease } from './lease.ts'
import { failedOutcome, promotedOutcome, unchangedOutcome } from './outcome.ts'
import { previewBuild } from './preview.ts'
import { type LatestGood, promote } from './promote.ts'
import { recordBuild } from './record-build.ts'
import { type Reserved, reserveVersion } from './reserve.ts'
import { makePlan, type Order, type Plan, prepare, readOrder } from './resolve.ts'
import { findState } from './stack.ts'
import { explainFailure, findStep, findUseless } from './step-results.ts'
import { readSourceCommit } from './tool-versions.ts'

/** What a build has when it passed. */
interface Built extends BuildOutputs {
  readonly suites: readonly SuiteResult[]
  /** Suites that pass on the unconfigured base too. */
  readonly useless: readonly string[]
}

/** One whole build, from the family's file to the record. Throws nothing that a build can end with. */
export async function runBuild(request: BakeRequest, listen: (event: BuildEvent) => void, signal: AbortSignal): Promise<BakeOutcome> {
  const journal = openJournal(listen)
  let order: Order | undefined
  let plan: Plan | undefined
  try {
    order = await readOrder(request)
    using _lease = acquireLease(order.family.name)
    await using _shared = request.dryRun ? undefined : await acquireSharedLease(order.family.name, leaseOf(order))
    const resolved = await journal.during('resolve', () => makePlan(order as Order, journal, signal))
    if (request.ifChanged && resolved.latest?.inputsDigest === resolved.inputsDigest) return unchangedOutcome(resolved, journal)
    if (request.dryRun) return await previewBuild(resolved, journal, signal)
    const reserved = await reserveVersion(resolved)
    plan = reserved.plan
    return await bakeAndPromote(reserved, journal, signal)
  } catch (error) {
    const failure = signal.aborted ? new Cancelled('cancelled', { cause: error }) : error
    return failedOutcome({ request, order, plan, journal, error: failure })
  }
}

function leaseOf({ request: { backend }, family }: Order): { backend: string | undefined; expires: string } {
  return { backend, expires: new Date(Date.now() + lifetimeOf(family)).toISOString() }
}

async function bakeAndPromote(reserved: Reserved, journal: Journal, signal: AbortSignal): Promise<BakeOutcome> {
  const { plan } = reserved
  using _stack = reserved.stack
  const spec = await prepare(plan)
  const hosts: Host[] = []
  const record = await recordBuild(plan, journal)
  try {
    const built = await bakeImage(reserved, { ...spec, onHost: (host) => hosts.push(host) }, journal, signal)
    // Nobody else may change it while we have the family: it is read while the temporaries go.
    const state = findState(plan.family.name, plan.request.backend)
    state.catch(() => {})
    if (plan.request.keep !== 'always') {
      await journal.during('clean', () => removeTemporaries(reserved, spec, built, signal))
    }
    const image = await describeImage(plan, built)
    await journal.during('promote', () => promote(image, { ...backendOf(plan), state, signal }))
    const kept = plan.request.keep === 'always' ? { keptUntil: spec.context.expires } : {}
    const useless = built.useless.length > 0 ? { provesNothing: built.useless } : {}
    const paths = await record.promoted({ image, suites: built.suites, ...kept, ...useless })
    const running = plan.request.keep === 'always' ? await findRunning(plan, hosts) : []
    return { ...promotedOutcome(plan, image, { journal, paths, kept: running, ...kept }), ...useless }
  } catch (error) {
    throw await settleFailure(reserved, { error, hosts, journal, record, signal, expires: spec.context.expires })
  }
}

/** Phase `bake` of the graph. */
async function bakeImage({ plan, stack }: Reserved, spec: GraphSpec, journal: Journal, signal: AbortSignal): Promise<Built> {
  const { onEvent, failures } = followEngine(journal, plan.family.verify.clones)
  let outputs: Partial<BuildOutputs>
  try {
    await using _events = followEvents(join(plan.folder, buildFiles.events), journal.tell)
    outputs = await stack.up(bakeProgram(spec), { message: `bake ${plan.stackName}`, signal, onEvent })
  } catch (cause) {
    throw await explainFailure(plan.folder, { failures, cause, redact: plan.redactor.text })
  }
  const [verify, useless] = await Promise.all([findStep(plan.folder, 'verify'), findUseless(plan.folder)])
  // Errors that the engine swallows leave outputs out: nothing is promoted without all of them.
  if (verify?.status !== 'ok' || typeof outputs.imageId !== 'string' || typeof outputs.candidateId !== 'string') {
    throw new BuildFailed('the engine reported success, but the build stack lacks the verified image')
  }
  return { ...(outputs as BuildOutputs), suites: verify.suites, useless }
}

/** Phase `keep`: the same program without the temporaries. */
async function removeTemporaries({ plan, stack }: Reserved, spec: GraphSpec, built: Built, signal: AbortSignal): Promise<void> {
  await stack.up(keepProgram(spec, built.candidateId), { message: `keep only the promoted image of ${plan.stackName}`, signal })
  await removeKeys(plan.folder)
}

async function describeImage(plan: Plan, built: Built): Promise<LatestGood> {
  const at = new Date().toISOString()
  const count = (suite: SuiteResult, passed: boolean): number =>
    suite.cases.filter(({ status }) => (passed ? status === 'passed' : status === 'failed' || status === 'error')).length
  return {
    imageId: built.imageId,
    imageName: built.imageName,
    version: plan.version,
    family: plan.family.name,
    cloud: plan.cloud.name,
    region: plan.cloud.region,
    imagesByRegion: built.imagesByRegion,
    baseImage: plan.base.name,
    digest: built.digest,
    verified: built.suites.map((suite) => ({ suite: suite.suite, passed: count(suite, true), failed: count(suite, false), at })),
    promotedAt: at,
    sourceCommit: await readSourceCommit(),
    buildStack: `bakehouse/${plan.stackName}`,
    previousVersion: plan.latest?.version ?? '',
    inputsDigest: plan.inputsDigest,
  }
}

interface Failure {
  readonly error: unknown
  readonly hosts: readonly Host[]
  readonly journal: Journal
  readonly record: Awaited<ReturnType<typeof recordBuild>>
  readonly signal: AbortSignal
  readonly expires: string
}

/** Diagnostics, clean-up and record of a failed build, in this order; the error to tell. Trouble here never hides it. */
async function settleFailure(reserved: Reserved, failure: Failure): Promise<unknown> {
  const { plan } = reserved
  const { journal, signal, hosts } = failure
  const phase = journal.failOpen() ?? lastFailed(journal)
  const error = signal.aborted ? new Cancelled('cancelled; everything it made was removed', { cause: failure.error }) : failure.error
  const note = (text: string): void =>
    journal.tell({ type: 'note', phase: 'clean', text: plan.redactor.text(text), at: new Date().toISOString() })
  const running = plan.request.keep === 'never' || signal.aborted ? [] : await findRunning(plan, hosts).catch(() => hosts)
  const kept = running.length > 0
  await diagnose(remainsOf(reserved), note)
    .then(() => completeBundle(plan, { phase, error }))
    .catch((trouble: unknown) => note(`no diagnostics: ${messageOf(trouble)}`))
  if (!kept) {
    await journal
      .during('clean', () => removeBuild(remainsOf(reserved), note))
      .catch((trouble: unknown) => note(`clean-up failed: ${messageOf(trouble)}`))
    await removeKeys(plan.folder)
  }
  const useless = await findUseless(plan.folder)
  await failure.record.failed({
    ...{ error, phase, suites: (await findStep(plan.folder, 'verify'))?.suites ?? [] },
    ...(kept ? { keptUntil: failure.expires } : {}),
    ...(useless.length > 0 ? { provesNothing: useless } : {}),
  })
  return Object.assign(error instanceof Error ? error : new Error(messageOf(error)), {
    phase,
    ...(kept ? { kept: running, keptUntil: failure.expires } : {}),
  })
}

/** The hosts that can be logged in to: a base that was sealed cannot. */
async function findRunning({ cloud, build }: Plan, hosts: readonly Host[]): Promise<Host[]> {
  const created = await cloud.list({ tool: 'bakehouse', build })
  const running = new Set(created.filter(({ kind, state }) => kind === 'instance' && state === 'running').map(({ id }) => id))
  return hosts.filter(({ instanceId }) => running.has(instanceId))
}

function lastFailed(journal: Journal): Phase | undefined {
  return journal.phases.findLast((phase) => phase.status === 'failed')?.phase
}

function remainsOf({ plan: { cloud, family, build, folder }, stack }: Reserved): BuildRemains {
  return { cloud, family: family.name, build, folder, stack }
}

function backendOf(plan: Plan): { backend?: string } {
  return plan.request.backend === undefined ? {} : { backend: plan.request.backend }
}
