import { renderDuration } from '../core/duration.ts'
import { commandLine } from '../core/program.ts'
import type { BakeOutcome, PlannedChange } from '../model/outcome.ts'
import { againArguments, type BakeRequest } from '../model/request.ts'
import { paint, paintOut, renderColumns } from './output.ts'
import { renderMessage } from './report-error.ts'

/** How a bake ended that did not fail, for stdout. */
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
      ...uselessPlaces(outcome),
      ...keptPlaces(outcome),
    ]),
  ]
}

/** Why a bake failed, where to look and what to type, for stderr. */
export function renderFailure(outcome: BakeOutcome, request: BakeRequest): string[] {
  const { error } = outcome
  return [
    ...renderMessage({ message: renderCause(outcome), exitCode: error?.exitCode ?? 1 }).map((line) => paint('red', line)),
    ...(error?.hint ? [error.hint] : []),
    ...(error?.stack ? ['A bug of ours. Please report it with this:', error.stack] : []),
    ...renderPlaces([
      ['log', outcome.logPath],
      ['diagnostics', outcome.diagnosticsPath],
      ['report', outcome.reportPath],
      ['again', error?.exitCode === 10 ? renderAgain(request) : undefined],
      ...uselessPlaces(outcome),
      ...keptPlaces(outcome),
    ]),
  ]
}

/** Without a build there is nothing to name before the place in the file, which an editor can then be sent to. */
function renderCause({ family, version, status, error }: BakeOutcome): string {
  const message = error?.message ?? status
  const title = `${family} ${version}`
  if (!version && status === 'cancelled') return `${family}: cancelled before anything was created`
  if (!version && !error?.phase) return message
  if (!error?.phase) return `${title}: ${message}`
  return status === 'cancelled' ? `${title}: cancelled during ${error.phase}, cleaned up` : `${title}: ${error.phase} failed: ${message}`
}

/** The one command that makes the same bake again and keeps the machine. */
export function renderAgain(request: BakeRequest): string {
  return commandLine(...againArguments(request))
}

function keptPlaces({ family, kept = [] }: BakeOutcome): [string, string][] {
  if (kept.length === 0) return []
  return [...kept.map((line): [string, string] => ['kept', line]), ['end it', commandLine('reap --kept --family', family)]]
}

function uselessPlaces({ provesNothing = [] }: BakeOutcome): [string, string][] {
  return provesNothing.map((suite) => ['weak', `${suite} passes on the unconfigured base too: it proves nothing`])
}

function renderPlaces(places: readonly (readonly [string, string | undefined])[]): string[] {
  return renderColumns(places.flatMap(([name, place]) => (place ? [[`  ${name}`, place]] : [])))
}

const signs: Readonly<Record<PlannedChange['operation'], string>> = { create: '+', update: '~', replace: '±', delete: '-', same: '=' }

function renderPreview({ family, version, changes = [] }: BakeOutcome): string[] {
  const rows = changes.map(({ operation, type, name }) => [`  ${signs[operation]} ${operation}`, type, name])
  return [`${family} ${version}: a bake would make these, nothing was made`, ...renderColumns(rows)]
}
