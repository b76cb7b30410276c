import { join } from 'node:path'
import { BuildFailed, Cancelled } from '../core/errors.ts'
import { bakeProgram, type GraphSpec, keepProgram } from '../graph/build.ts'
import { promote } from '../life/promote.ts'
import { removeKeys } from '../life/remove-build.ts'
import { buildFiles } from '../model/build-folder.ts'
import type { BuildEvent } from '../model/events.ts'
import type { Host } from '../model/host.ts'
import { lifetimeOf } from '../model/lifetime.ts'
import type { BakeOutcome } from '../model/outcome.ts'
import type { BuildOutputs } from '../model/outputs.ts'
import type { BakeRequest } from '../model/request.ts'
import { acquireLease } from '../records/lease.ts'
import { acquireSharedLease } from '../records/shared-lease.ts'
import { findStep, findUseless } from '../steps/results.ts'
import { type Built, describeImage } from './describe-image.ts'
import { followEngine } from './follow-engine.ts'
import { followEvents } from './follow-events.ts'
import { type Journal, openJournal } from './journal.ts'
import { readOrder } from './order.ts'
import { failedOutcome, promotedOutcome, unchangedOutcome } from './outcome.ts'
import type { Order, Plan } from './plan.ts'
import { prepare } from './prepare.ts'
import { previewBuild } from './preview.ts'
import { recordBuild } from './record-build.ts'
import { type Reserved, reserveVersion } from './reserve.ts'
import { makePlan } from './resolve.ts'
import { explainFailure, findRunning, settleFailure } from './settle.ts'

/** One whole build, from the family's file to the record. Throws nothing that a build can end with. */
export async function runBuild(request: BakeRequest, listen: (event: BuildEvent) => void, signal: AbortSignal): Promise<BakeOutcome> {
  const journal = openJournal(listen)
  let order: Order | undefined
  let plan: Plan | undefined
  try {
    order = await readOrder(request)
    using _lease = acquireLease(order.family.name)
    await using _shared = request.dryRun ? undefined : await acquireSharedLease(order.engine, order.family.name, expiryOf(order))
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

function expiryOf({ family }: Order): string {
  return new Date(Date.now() + lifetimeOf(family)).toISOString()
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
    const state = plan.engine.findState(plan.family.name)
    state.catch(() => {})
    if (plan.request.keep !== 'always') {
      await journal.during('clean', () => removeTemporaries(reserved, spec, built, signal))
    }
    const image = await describeImage(plan, built)
    await journal.during('promote', () => promote(plan.engine, image, { state, signal }))
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
