import { renderDuration } from '../core/duration.ts'
import { renderMessage, reportHint } from '../core/error-lines.ts'
import { paint, paintOut, renderColumns } from '../core/output.ts'
import { stateCommandLine } from '../core/program.ts'
import type { BakeOutcome, PlannedChange } from '../model/outcome.ts'
import { againArguments, type BakeRequest } from '../model/request.ts'
import { renderCause } from '../report/words.ts'

/** The result of a build that did not fail, for stdout. */
export function renderOutcome(outcome: BakeOutcome): string[] {
  if (outcome.status === 'preview') return renderPreview(outcome)
  const title = `${outcome.family} ${outcome.version}`
  if (outcome.status === 'unchanged') {
    return [`${title} is up to date: its inputs have not changed`, ...renderPlaces([['image', outcome.imagePath ?? outcome.imageId]])]
  }
  const passed = (outcome.verified ?? []).reduce((sum, suite) => sum + suite.passed, 0)
  return [
    paintOut('green', `${title} promoted in ${renderDuration(outcome.durationMs)}, ${passed} checks passed`),
    ...renderPlaces([
      ['image', outcome.imagePath ?? outcome.imageId],
      ['report', outcome.reportPath],
      ['record', outcome.recordPath],
      ['logs', outcome.logPath],
      ['artifacts', outcome.artifacts],
      ...weakLines(outcome),
      ...keptLines(outcome),
    ]),
  ]
}

/** The result of a build that failed, for stderr: the cause, the hint, the files to read, and the commands to type next. */
export function renderFailure(outcome: BakeOutcome, request: BakeRequest): string[] {
  const { error, left = [] } = outcome
  return [
    ...renderMessage({ message: renderTitle(outcome), exitCode: error?.exitCode ?? 1 }).map((line) => paint('red', line)),
    ...(error?.hint ? [`hint: ${error.hint}`] : []),
    ...(error?.stack ? ['internal error:', ...error.stack.split('\n'), `hint: ${reportHint}`] : []),
    ...renderPlaces([
      ['log', outcome.logPath],
      ['diagnostics', outcome.diagnosticsPath],
      ['report', outcome.reportPath],
      ['artifacts', outcome.artifacts],
      ['run again', error?.exitCode === 10 ? renderAgain(request) : undefined],
      ...left.map((each): [string, string] => ['not removed', each]),
      ...(left.length > 0 ? [['to remove it', stateCommandLine('reap', '--family', outcome.family)] as const] : []),
      ...weakLines(outcome),
      ...keptLines(outcome),
    ]),
  ]
}

/** An error in a family file has no version, and its message starts with `file:line:column`, so that an editor can open the place. */
function renderTitle({ family, version, status, error }: BakeOutcome): string {
  const cause = renderCause(status, error ?? { message: status })
  if (version) return `${family} ${version}: ${cause}`
  return error?.phase || status !== 'failed' ? `${family}: ${cause}` : cause
}

/** The command that repeats the build and keeps the machine if it fails again. */
export function renderAgain(request: BakeRequest): string {
  return stateCommandLine(...againArguments(request))
}

function keptLines({ family, kept = [] }: BakeOutcome): [string, string][] {
  if (kept.length === 0) return []
  return [...kept.map((line): [string, string] => ['kept', line]), ['to delete it', stateCommandLine('reap --kept --family', family)]]
}

function weakLines({ provesNothing = [] }: BakeOutcome): [string, string][] {
  return provesNothing.map((suite) => ['warning', `suite ${suite} also passes on the unconfigured base image, so it tests nothing`])
}

function renderPlaces(places: readonly (readonly [string, string | undefined])[]): string[] {
  return renderColumns(places.flatMap(([name, place]) => (place ? [[`  ${name}`, place]] : [])))
}

const signs: Readonly<Record<PlannedChange['operation'], string>> = { create: '+', update: '~', replace: '±', delete: '-', same: '=' }

function renderPreview({ family, version, changes = [] }: BakeOutcome): string[] {
  const rows = changes.map(({ operation, type, name }) => [`  ${signs[operation]} ${operation}`, type, name])
  return [`${family} ${version}: a build would create these resources; nothing was created`, ...renderColumns(rows)]
}
