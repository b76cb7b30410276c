import { join } from 'node:path'
import { defined } from '../core/defined.ts'
import { endProcesses } from '../core/marked-processes.ts'
import { untilAborted } from '../core/until-aborted.ts'
import { findLeakedPlugins } from '../engine/leaked-plugins.ts'
import type { UpdateOptions } from '../engine/stack.ts'
import { bakeProgram, type GraphSpec, keepProgram } from '../graph/build.ts'
import { promote } from '../life/promote.ts'
import { removeKeys } from '../life/remove-build.ts'
import { buildFiles } from '../model/build-folder.ts'
import type { Ending, Trouble } from '../model/ending.ts'
import type { BuildEvent } from '../model/events.ts'
import type { Host } from '../model/host.ts'
import { lifetimeOf } from '../model/lifetime.ts'
import type { BakeOutcome } from '../model/outcome.ts'
import type { BuildOutputs } from '../model/outputs.ts'
import type { BakeRequest } from '../model/request.ts'
import { weakSuites } from '../model/suite-result.ts'
import { acquireBuildLock } from '../records/build-lock.ts'
import { acquireSharedBuildLock } from '../records/shared-build-lock.ts'
import { endSteps } from '../steps/entry.ts'
import { readStepResults } from '../steps/results.ts'
import { describeImage } from './describe-image.ts'
import { explainTrouble } from './explain.ts'
import { followEngine } from './follow-engine.ts'
import { followEvents } from './follow-events.ts'
import { type Journal, openJournal } from './journal.ts'
import { readOrder } from './order.ts'
import { endedOutcome, factsOf, refusedOutcome, unchangedOutcome } from './outcome.ts'
import type { Order, Plan } from './plan.ts'
import { prepare } from './prepare.ts'
import { previewBuild } from './preview.ts'
import { type OpenRecord, openRecord } from './record-build.ts'
import { type Reserved, reserveVersion } from './reserve.ts'
import { makePlan } from './resolve.ts'
import { findRunning, keptOf, settle } from './settle.ts'

/** Runs a whole build, from reading the family file to closing the record. A failed build is an outcome, not an error. */
export async function runBuild(request: BakeRequest, listen: (event: BuildEvent) => void, signal: AbortSignal): Promise<BakeOutcome> {
  const journal = openJournal(listen)
  let order: Order | undefined
  try {
    order = await readOrder(request)
    using _lock = acquireBuildLock(order.family.name)
    await using _shared = request.dryRun ? undefined : await acquireSharedBuildLock(order.engine, order.family.name, expiryOf(order))
    const resolved = await journal.during('resolve', () => untilAborted(makePlan(order as Order, journal, signal), signal))
    if (request.ifChanged && resolved.latest?.inputsDigest === resolved.inputsDigest) return unchangedOutcome(resolved, journal)
    await resolved.engine.requirePassphrase(resolved.family.name, resolved.familyState)
    if (request.dryRun) return await previewBuild(resolved, journal, signal)
    return await bakeReserved(await reserveVersion(resolved), journal, signal)
  } catch (error) {
    return refusedOutcome({ request, order, journal, error, cancelled: signal.aborted })
  }
}

function expiryOf({ family }: Order): string {
  return new Date(Date.now() + lifetimeOf(family)).toISOString()
}

/** Runs the phases after `resolve` and writes the record. */
async function bakeReserved(reserved: Reserved, journal: Journal, signal: AbortSignal): Promise<BakeOutcome> {
  const { plan } = reserved
  using _stack = reserved.stack
  const record = await openRecord(plan, journal)
  const ending = await runPhases(reserved, record, journal, signal)
  const paths = await record.close(ending)
  return endedOutcome(ending, factsOf(plan, journal), { ...paths, folder: plan.folder })
}

/** Runs the phases after `resolve`. Their errors are caught here only. */
async function runPhases(reserved: Reserved, record: OpenRecord, journal: Journal, signal: AbortSignal): Promise<Ending> {
  const { plan } = reserved
  const expires = expiryOf(plan)
  const hosts: Host[] = []
  const engine = followEngine(journal, plan.family.verify.clones)
  const update = { signal, onEvent: engine.onEvent, onWait: journal.note }
  try {
    const spec = await prepare(plan, expires)
    const outputs = await bakeImage(reserved, { ...spec, onHost: (host) => hosts.push(host), onMachine: journal.machine }, update, journal)
    const { verify, configure } = await readStepResults(plan.folder)
    const suites = verify?.suites ?? []
    const keeps = plan.request.keep === 'always'
    if (!keeps) await journal.during('clean', () => removeTemporaryResources(reserved, spec, outputs, update))
    const image = await describeImage(plan, outputs, suites)
    const kept = keeps ? { kept: keptOf(await findRunning(plan, hosts), expires) } : {}
    const passed = { kind: 'promoted' as const, image, suites, weakSuites: weakSuites(configure?.suites ?? []), ...kept }
    // The build lock ensures that no other build has changed this state since then.
    const family = { state: await record.familyState(), records: await record.promoted(passed) }
    await journal.during('promote', () => promote(plan.engine, image, { ...family, sections: plan.family.sections, ...update }))
    const imagePath = plan.cloud.findImageFile?.(image.imageId)
    return { ...passed, ...defined({ imagePath }) }
  } catch (error) {
    const steps = await readStepResults(plan.folder)
    await Promise.all([endSteps(plan.folder), endProcesses(findLeakedPlugins)])
    const known = { steps, failures: engine.failures, findRefusal: plan.cloud.findRefusal }
    const trouble = signal.aborted ? { kind: 'cancelled' as const } : await explain(error, known, plan)
    const outcome = await settle(reserved, { trouble, steps, hosts, journal, expires })
    // Again: an engine that was killed can take a moment to end, and its plugins are found only after that.
    await endProcesses(findLeakedPlugins)
    return outcome
  }
}

/** A machine that the cloud took away explains every error that follows. */
async function explain(error: unknown, known: Parameters<typeof explainTrouble>[1], { cloud, build }: Plan): Promise<Trouble> {
  const interruption = await cloud.findInterruption?.(build).catch(() => undefined)
  return explainTrouble(interruption ?? error, interruption ? { ...known, steps: {}, failures: [] } : known)
}

type Update = Pick<UpdateOptions, 'signal' | 'onEvent' | 'onWait'>

/** Creates everything up to the promoted image. The engine may report success after an error; then outputs are missing, and this throws. */
async function bakeImage({ plan, stack }: Reserved, spec: GraphSpec, update: Update, journal: Journal): Promise<BuildOutputs> {
  await using _events = followEvents(join(plan.folder, buildFiles.events), journal.tell)
  const outputs: Partial<BuildOutputs> = await stack.up(bakeProgram(spec), { message: `bake ${plan.stackName}`, ...update })
  if (typeof outputs.imageId !== 'string' || typeof outputs.candidateId !== 'string') {
    throw new Error('the engine reported success, but the build stack lacks the verified image')
  }
  return outputs as BuildOutputs
}

/** Removes the temporary resources: runs the same program without them. */
async function removeTemporaryResources({ plan, stack }: Reserved, spec: GraphSpec, outputs: BuildOutputs, update: Update): Promise<void> {
  await stack.up(keepProgram(spec, outputs.candidateId), { message: `keep only the promoted image of ${plan.stackName}`, ...update })
  await removeKeys(plan.folder)
}
