import { join } from 'node:path'
import { messageOf } from '../core/errors.ts'
import { writeAside } from '../core/write-file.ts'
import { buildFiles, type RecordPaths } from '../model/build-folder.ts'
import type { LatestGood } from '../model/outputs.ts'
import type { Phase } from '../model/phases.ts'
import type { BuildRecord } from '../model/record.ts'
import { writeRecord } from '../records/store.ts'
import { renderReport } from '../report/report.ts'
import type { Journal } from './journal.ts'
import type { Plan } from './plan.ts'
import { readSourceCommit } from './tool-versions.ts'

/** What the record of a build says of its end, however that came. */
type Ending = Pick<BuildRecord, 'suites' | 'keptUntil' | 'provesNothing'>

export interface OpenRecord {
  promoted(how: Ending & { image: LatestGood }): Promise<RecordPaths>
  failed(how: Ending & { error: unknown; phase: Phase | undefined }): Promise<RecordPaths>
}

/** Opens the record of a build, so that one that is killed leaves one too; it is closed by how the build ended. */
export async function recordBuild(plan: Plan, journal: Journal): Promise<OpenRecord> {
  const clean = plan.redactor.text
  const startedAt = new Date().toISOString()
  const sourceCommit = await readSourceCommit()
  const write = async (ending: Partial<BuildRecord> & Pick<BuildRecord, 'status'>): Promise<RecordPaths> => {
    const record = { ...recordOf(plan, journal), startedAt, sourceCommit, ...ending }
    const recordPath = await writeRecord(plan.folder, record)
    const reportPath = join(plan.folder, 'report.html')
    await writeAside(reportPath, renderReport(record))
    return { recordPath, reportPath, logPath: join(plan.folder, buildFiles.logs) }
  }
  const ended = (): Pick<BuildRecord, 'endedAt' | 'durationMs'> => ({
    endedAt: new Date().toISOString(),
    durationMs: Date.now() - Date.parse(journal.phases[0]?.startedAt ?? startedAt),
  })
  await writeRecord(plan.folder, { ...recordOf(plan, journal), startedAt, sourceCommit, status: 'running' })
  return {
    promoted: (how) => write({ ...ended(), status: 'promoted', ...how }),
    failed: ({ error, phase, ...how }) => {
      const { hint, exitCode } = error as { hint?: string; exitCode?: number }
      return write({
        ...ended(),
        status: exitCode === 8 ? 'cancelled' : 'failed',
        ...how,
        error: { message: clean(messageOf(error)), ...(phase ? { phase } : {}), ...(hint ? { hint: clean(hint) } : {}) },
      })
    },
  }
}

function recordOf(plan: Plan, journal: Journal): BuildRecord {
  return {
    schemaVersion: 1,
    family: plan.family.name,
    version: plan.version,
    build: plan.build,
    cloud: plan.cloud.name,
    status: 'running',
    startedAt: '',
    durationMs: 0,
    phases: [...journal.phases],
    tasks: [...journal.tasks],
    suites: [],
    base: plan.base,
    inputsDigest: plan.inputsDigest,
    tools: plan.toolVersions,
    sourceCommit: '',
    buildStack: `bakehouse/${plan.stackName}`,
  }
}
