import { join } from 'node:path'
import { keepArtifacts } from '../artifacts/keep-artifacts.ts'
import { openStore, placeOf } from '../artifacts/open-store.ts'
import { defined } from '../core/defined.ts'
import { messageOf } from '../core/errors.ts'
import { writeAside } from '../core/write-file.ts'
import type { StackState } from '../engine/state.ts'
import { artifactsPath } from '../model/artifacts.ts'
import { buildFiles, type RecordPaths } from '../model/build-folder.ts'
import { type Ending, recordOf } from '../model/ending.ts'
import type { BuildRecord } from '../model/record.ts'
import { type KeptRecord, keepRecord } from '../records/keep-record.ts'
import { writeRecord } from '../records/store.ts'
import { renderReport } from '../report/report.ts'
import { wordsOf } from '../report/words.ts'
import type { Journal } from './journal.ts'
import type { Order, Plan } from './plan.ts'
import { readSourceCommit } from './tool-versions.ts'

/** The record of a running build. */
export interface OpenRecord {
  /** The state of the family stack, which has the record. */
  familyState(): Promise<StackState>
  /** The records of the family with that of this build, which is promoted by the update that writes them. */
  promoted(ending: Ending): Promise<string>
  close(ending: Ending): Promise<RecordPaths>
}

/** Writes the record when a build starts, to the build folder and to the state, so that a killed build has one too. */
export async function openRecord(plan: Plan, journal: Journal): Promise<OpenRecord> {
  const startedAt = new Date().toISOString()
  const begun = { startedAt, sourceCommit: await readSourceCommit() }
  const recordNow = (): BuildRecord => ({ ...describe(plan, journal), ...begun })
  await writeRecord(plan.folder, recordNow())
  const kept = keepRecord(plan.engine, recordNow(), plan.familyState)
  return {
    familyState: () => kept.state(),
    promoted: (ending) => kept.promoted(endRecord(recordNow(), ending)),
    close: (ending) => closeBuild(plan, { record: endRecord(recordNow(), ending), kept, note: journal.note }),
  }
}

/** The record of a build that has ended. */
export function endRecord(open: BuildRecord, ending: Ending): BuildRecord {
  const since = Date.parse(open.phases[0]?.startedAt ?? open.startedAt)
  const ended = { endedAt: new Date().toISOString(), durationMs: Date.now() - since }
  return { ...open, ...ended, ...recordOf(ending, wordsOf(ending, open.family)) }
}

/** Writes the final record of a build to its folder, and its report. Returns their paths. */
export async function closeRecord(folder: string, record: BuildRecord): Promise<RecordPaths> {
  const recordPath = await writeRecord(folder, record)
  const reportPath = join(folder, buildFiles.report)
  await writeAside(reportPath, renderReport(record))
  return { recordPath, reportPath, logPath: join(folder, buildFiles.logs), ...defined({ artifacts: record.artifacts?.at }) }
}

/**
 * Writes the artifacts of a build that has ended to the place in its record. Returns the record; if files are missing in that place, the
 * record says why. A build does not fail because of that.
 */
export async function closeArtifacts(
  folder: string,
  record: BuildRecord,
  { artifacts: root, redactor }: Pick<Order, 'artifacts' | 'redactor'>,
): Promise<BuildRecord> {
  if (!root || !record.artifacts) return record
  const problem = await keepArtifacts(folder, () => openStore(root, artifactsPath(record)), redactor.text)
  return problem === undefined ? record : { ...record, artifacts: { ...record.artifacts, problem } }
}

interface Closing {
  readonly record: BuildRecord
  readonly kept: KeptRecord
  readonly note: (text: string) => void
}

/** The state has the record of a promoted build already. It is written again if artifacts are missing. */
async function closeBuild(plan: Plan, { record, kept, note }: Closing): Promise<RecordPaths> {
  const writeEnd = (ended: BuildRecord): Promise<void> =>
    kept.end(ended).catch((error: unknown) => note(`the state has no record of the end of this build: ${messageOf(error)}`))
  const paths = await closeRecord(plan.folder, record)
  const [ended] = await Promise.all([
    closeArtifacts(plan.folder, record, plan),
    record.status === 'promoted' ? undefined : writeEnd(record),
  ])
  const { at, problem } = ended.artifacts ?? {}
  if (problem === undefined) return paths
  note(`warning: files are missing in ${at}: ${problem}`)
  await writeEnd(ended)
  return closeRecord(plan.folder, ended)
}

function describe(plan: Plan, journal: Journal): Omit<BuildRecord, 'startedAt' | 'sourceCommit'> {
  const named = { family: plan.family.name, version: plan.version, build: plan.build }
  return {
    schemaVersion: 1,
    ...named,
    cloud: plan.cloud.name,
    status: 'running',
    durationMs: 0,
    phases: [...journal.phases],
    tasks: [...journal.tasks],
    ...defined({ machines: journal.machines.length > 0 ? [...journal.machines] : undefined }),
    suites: [],
    base: plan.base,
    inputsDigest: plan.inputsDigest,
    tools: plan.toolVersions,
    buildStack: `bakehouse/${plan.stackName}`,
    ...defined({ artifacts: plan.artifacts && { at: placeOf(plan.artifacts, artifactsPath(named)) } }),
  }
}
