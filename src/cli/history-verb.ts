import { history as readHistory } from '../bakehouse.ts'
import { renderDuration, renderTime } from '../core/duration.ts'
import { paintOut, print, printJson, renderColumns, say } from '../core/output.ts'
import { parseCount } from '../core/parse-count.ts'
import { stateCommandLine } from '../core/program.ts'
import { type BuildRecord, findLatestGoodRecord, type History } from '../model/record.ts'
import { countCases, renderCounts } from '../model/suite-result.ts'
import { prepareState } from './prepare-state.ts'
import { reapCommandLine } from './reap-command.ts'

interface HistoryArguments {
  readonly family?: string
  readonly limit?: string
  readonly json: boolean
}

const usual = 20

/** Lists builds, newest first. Returns the exit code. */
export async function runHistory({ family, limit: given, json }: HistoryArguments): Promise<number> {
  const limit = given === undefined ? usual : parseCount('--limit', given, 0)
  await prepareState()
  const history = await readHistory(family)
  const shown = limit === 0 ? history.records : history.records.slice(0, limit)
  if (json) printJson(shown.map((record) => summarise(record, history)))
  else for (const line of renderHistory(shown, history)) print(line)
  if (!json && shown.length < history.records.length) say(`${history.records.length - shown.length} more builds; to list all: --limit 0`)
  const interrupted = new Set(shown.filter(({ status }) => status === 'interrupted').map((record) => record.family))
  if (interrupted.size > 0) say(`hint: delete what interrupted builds left: ${reapCommandLine([...interrupted])}`)
  for (const { problem } of history.damaged) say(`error: ${problem}`)
  if (history.damaged.length > 0) say('hint: a damaged record cannot be restored; read the logs in the same folder')
  return 0
}

/** The builds as a table, one line per build. */
function renderHistory(shown: readonly BuildRecord[], history: History): string[] {
  if (shown.length === 0 && history.damaged.length > 0) return ['No record of a build can be read']
  if (shown.length === 0) return [`No builds yet. To build a family: ${stateCommandLine('--family <family>')}`]
  const rows = shown.map((record) => [
    record.family,
    record.version,
    isLatestGood(record, history) ? `${record.status} *` : record.status,
    renderTime(record.startedAt),
    record.endedAt === undefined ? '–' : renderDuration(record.durationMs),
    renderBase(record),
    record.suites.length === 0 ? '–' : renderCounts(countCases(record.suites)),
  ])
  const [head = '', ...lines] = renderColumns([['FAMILY', 'VERSION', 'STATUS', 'STARTED (UTC)', 'TOOK', 'BASE', 'CHECKS'], ...rows])
  const painted = lines.map((line, index) => paintStatus(line, shown[index]))
  return [paintOut('dim', head), ...painted, ...(rows.some((row) => row[2]?.endsWith('*')) ? [paintOut('dim', '* latest good')] : [])]
}

function paintStatus(line: string, record: BuildRecord | undefined): string {
  const status = record?.status ?? ''
  const colour = status === 'promoted' ? 'green' : status === 'failed' ? 'red' : 'yellow'
  return line.replace(new RegExp(`(?<=  )${status}`), (word) => paintOut(colour, word))
}

function renderBase({ base }: BuildRecord): string {
  return base?.ancestor ? `${base.ancestor.family} ${base.ancestor.version}` : (base?.name ?? '–')
}

function isLatestGood(record: BuildRecord, { records }: History): boolean {
  return record.status === 'promoted' && findLatestGoodRecord(records, record.family) === record
}

function summarise(record: BuildRecord, history: History) {
  const { family, version, status, startedAt, endedAt, durationMs, cloud, base, image, error } = record
  return {
    ...{ family, version, status, latestGood: isLatestGood(record, history), startedAt, endedAt, durationMs, cloud },
    ...{ base: base?.name, ancestor: base?.ancestor, checks: countCases(record.suites), imageId: image?.imageId, error },
  }
}
