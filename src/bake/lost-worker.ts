import { messageOf } from '../core/errors.ts'
import { buildFolder } from '../core/paths.ts'
import { type Ending, outcomeOf, type Trouble } from '../model/ending.ts'
import { cleanWords } from '../model/free-text.ts'
import type { BakeOutcome } from '../model/outcome.ts'
import type { Phase } from '../model/phases.ts'
import type { BuildRecord } from '../model/record.ts'
import type { BakeRequest } from '../model/request.ts'
import { wordsOf } from '../report/words.ts'
import type { Order } from './plan.ts'

/** How a worker process ended that reported no outcome. */
export interface LostWorker {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderr: string
  /** The last phase that it reported. */
  readonly phase: Phase | undefined
  /** Milliseconds since the epoch. */
  readonly startedAt: number
}

/** Ends a build whose worker process died: closes the record and lists what is left. Removes nothing, because the engine may still run. */
export async function settleLostWorker(request: BakeRequest, lost: LostWorker): Promise<BakeOutcome> {
  const record = await findRecord(request.family, lost.startedAt)
  const left = record ? await listLeftovers(record) : []
  const order = await findOrder(request)
  // If the family cannot be read any more, its secrets are not known.
  const trouble = cleanWords(explainLost(lost), order?.redactor.text ?? ((text) => text))
  const ending: Ending = { ...trouble, phase: lost.phase, left, suites: [], weakSuites: [] }
  const facts = { family: request.family, version: record?.version ?? '', cloud: record?.cloud ?? request.cloud ?? '' }
  const outcome = { ...facts, phases: [], durationMs: Date.now() - lost.startedAt, ...outcomeOf(ending, wordsOf(ending, request.family)) }
  if (record === undefined) return outcome
  const { closeArtifacts, closeRecord, endRecord } = await import('./record-build.ts')
  const [folder, ended] = [buildFolder(record.family, record.version), endRecord(record, ending)]
  await closeRecord(folder, ended)
  const closed = order ? await closeArtifacts(folder, ended, order) : withoutArtifacts(ended)
  await writeToState(request, closed).catch(() => {})
  return { ...outcome, ...(await closeRecord(folder, closed)) }
}

/** Writes the end of the build to the state. If that is not possible, other computers find out by the build lock. */
async function writeToState({ backend, family }: BakeRequest, record: BuildRecord): Promise<void> {
  const [{ openProjectEngine }, { writeRecord }] = await Promise.all([
    import('../life/open-engine.ts'),
    import('../records/keep-record.ts'),
  ])
  const engine = await openProjectEngine(backend)
  await writeRecord(engine, record, await engine.findState(family))
}

function explainLost({ signal, exitCode, stderr }: LostWorker): Trouble {
  if (signal !== null) return { kind: 'interrupted', by: `${signal} to the worker process of the build` }
  return { kind: 'bug', why: `the worker process of the build ended with exit code ${exitCode}`, stack: stderr.trim() }
}

/** The order of the request; undefined if the family cannot be read any more. */
async function findOrder(request: BakeRequest): Promise<Order | undefined> {
  const { readOrder } = await import('./order.ts')
  return readOrder(request).catch(() => undefined)
}

/** The record of a build whose artifacts were not written, because nothing can redact them. */
function withoutArtifacts(record: BuildRecord): BuildRecord {
  if (!record.artifacts) return record
  return { ...record, artifacts: { ...record.artifacts, problem: 'the family cannot be read any more, so its secrets are not known' } }
}

/** The record that the worker opened; undefined if the worker was killed before that. `since`: milliseconds since the epoch. */
async function findRecord(family: string, since: number): Promise<BuildRecord | undefined> {
  const { listRecords } = await import('../records/history.ts')
  return (await listRecords(family)).find(({ status, startedAt }) => status === 'running' && Date.parse(startedAt) >= since)
}

async function listLeftovers({ cloud, build, family, version }: BuildRecord): Promise<string[]> {
  const stack = `stack ${family}-${version}`
  try {
    const { chooseCloud } = await import('../cloud/clouds.ts')
    const created = await (await chooseCloud(cloud)).list({ tool: 'bakehouse', build })
    return [...created.map(({ kind, id }) => `${kind} ${id}`), stack]
  } catch (error) {
    return [`all resources with the tag build=${build} on the cloud ${cloud} (${messageOf(error)})`, stack]
  }
}
