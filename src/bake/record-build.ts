import { join } from 'node:path'
import { messageOf } from '../core/errors.ts'
import { writeAside } from '../core/write-file.ts'
import type { StackState } from '../engine/state.ts'
import { buildFiles, type RecordPaths } from '../model/build-folder.ts'
import { type Ending, recordOf } from '../model/ending.ts'
import type { BuildRecord } from '../model/record.ts'
import { keepRecord } from '../records/keep-record.ts'
import { writeRecord } from '../records/store.ts'
import { renderReport } from '../report/report.ts'
import { wordsOf } from '../report/words.ts'
import type { Journal } from './journal.ts'
import type { Plan } from './plan.ts'
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
    async close(ending) {
      const record = endRecord(recordNow(), ending)
      if (ending.kind !== 'promoted') {
        await kept
          .end(record)
          .catch((error: unknown) => journal.note(`the state has no record of the end of this build: ${messageOf(error)}`))
      }
      return closeRecord(plan.folder, record)
    },
  }
}

/** The record of a build that has ended. */
export function endRecord(open: BuildRecord, ending: Ending): BuildRecord {
  const since = Date.parse(open.phases[0]?.startedAt ?? open.startedAt)
  const ended = { endedAt: new Date().toISOString(), durationMs: Date.now() - since }
  return { ...open, ...ended, ...recordOf(ending, wordsOf(ending)) }
}

/** Writes the final record of a build to its folder, and its report. Returns their paths. */
export async function closeRecord(folder: string, record: BuildRecord): Promise<RecordPaths> {
  const recordPath = await writeRecord(folder, record)
  const reportPath = join(folder, buildFiles.report)
  await writeAside(reportPath, renderReport(record))
  return { recordPath, reportPath, logPath: join(folder, buildFiles.logs) }
}

function describe(plan: Plan, journal: Journal): Omit<BuildRecord, 'startedAt' | 'sourceCommit'> {
  return {
    schemaVersion: 1,
    family: plan.family.name,
    version: plan.version,
    build: plan.build,
    cloud: plan.cloud.name,
    status: 'running',
    durationMs: 0,
    phases: [...journal.phases],
    tasks: [...journal.tasks],
    suites: [],
    base: plan.base,
    inputsDigest: plan.inputsDigest,
    tools: plan.toolVersions,
    buildStack: `bakehouse/${plan.stackName}`,
  }
}
