import { join } from 'node:path'
import { writeAside } from '../core/write-file.ts'
import { buildFiles, type RecordPaths } from '../model/build-folder.ts'
import { type Ending, recordOf } from '../model/ending.ts'
import type { BuildRecord } from '../model/record.ts'
import { writeRecord } from '../records/store.ts'
import { renderReport } from '../report/report.ts'
import { wordsOf } from '../report/words.ts'
import type { Journal } from './journal.ts'
import type { Plan } from './plan.ts'
import { readSourceCommit } from './tool-versions.ts'

/** The record of a running build. */
export interface OpenRecord {
  close(ending: Ending): Promise<RecordPaths>
}

/** Writes the record when a build starts, so that a killed build has one too. */
export async function openRecord(plan: Plan, journal: Journal): Promise<OpenRecord> {
  const startedAt = new Date().toISOString()
  const begun = { startedAt, sourceCommit: await readSourceCommit() }
  const recordNow = (): BuildRecord => ({ ...describe(plan, journal), ...begun })
  await writeRecord(plan.folder, recordNow())
  return { close: (ending) => closeRecord(plan.folder, recordNow(), ending) }
}

/** Writes the ending of a build to its record, and writes its report. Returns their paths. */
export async function closeRecord(folder: string, open: BuildRecord, ending: Ending): Promise<RecordPaths> {
  const since = Date.parse(open.phases[0]?.startedAt ?? open.startedAt)
  const ended = { endedAt: new Date().toISOString(), durationMs: Date.now() - since }
  const record: BuildRecord = { ...open, ...ended, ...recordOf(ending, wordsOf(ending)) }
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
