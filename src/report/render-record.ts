import { renderDuration, renderTime } from '../core/duration.ts'
import type { BuildRecord } from '../model/record.ts'
import { type CaseResult, countCases, isBad, renderCounts, type SuiteResult, suitePassed } from '../model/suite-result.ts'
import { renderCause } from './words.ts'

/** A build record as lines of text. */
export function renderRecord(record: BuildRecord): string[] {
  const { family, version, status, startedAt, durationMs, cloud, error } = record
  return [
    `${family} ${version}: ${status}, ${renderTime(startedAt)} UTC, ${renderDuration(durationMs)}, ${cloud}`,
    ...(error ? [renderCause(status, error), ...(error.hint ? [`hint: ${error.hint}`] : [])] : []),
    '',
    'Phases',
    ...record.phases.map(
      ({ phase, status: how, durationMs: took }) => `  ${markOf(how === 'done')} ${phase.padEnd(9)} ${renderDuration(took).padStart(8)}`,
    ),
    ...(record.suites.length > 0 ? ['', 'Suites', ...record.suites.flatMap(renderSuite)] : []),
    ...(record.provesNothing ?? []).map((suite) => `  ! ${suite}: also passes on the unconfigured base image, so it tests nothing`),
    ...renderTable('Image', imageRows(record)),
    ...renderTable('Inputs', inputRows(record)),
  ]
}

function renderSuite(suite: SuiteResult): string[] {
  const bad = suite.cases.filter(isBad)
  // A case that passed has a message if its finding is allowed or only a hint.
  const noted = suite.cases.filter(({ status, message }) => status === 'passed' && message)
  return [
    `  ${markOf(suitePassed(suite))} ${suite.suite}: ${suite.problem ?? renderCounts(countCases([suite]))}, ${renderDuration(suite.durationMs)}`,
    ...bad.flatMap((one) => renderCase('✗', one)),
    ...noted.flatMap((one) => renderCase('!', one)),
  ]
}

function renderCase(mark: string, { name, title, message = '' }: CaseResult): string[] {
  const lines = message.split('\n').filter(Boolean)
  return [`      ${mark} ${name}${title === undefined ? '' : `: ${title}`}`, ...lines.map((line) => `        ${line}`)]
}

function imageRows({ image }: BuildRecord): [string, string | undefined][] {
  if (!image) return []
  return [
    ['id', image.imageId],
    ['name', image.imageName],
    ['digest', image.digest],
    ['promoted', `${renderTime(image.promotedAt)} UTC`],
    ['previous', image.previousVersion],
  ]
}

function inputRows({ base, machines = [], inputsDigest, sourceCommit, buildStack, tools }: BuildRecord): [string, string | undefined][] {
  return [
    ['base', base?.name],
    ['parent', base?.ancestor && `${base.ancestor.family} ${base.ancestor.version}`],
    ...machines.map(({ name, kind }): [string, string] => [`machine ${name}`, kind]),
    ['input hash', inputsDigest],
    ['source', sourceCommit],
    ['stack', buildStack],
    ...Object.entries(tools),
  ]
}

function renderTable(title: string, rows: readonly (readonly [string, string | undefined])[]): string[] {
  const shown = rows.filter(([, text]) => text)
  const width = Math.max(0, ...shown.map(([name]) => name.length))
  return shown.length === 0 ? [] : ['', title, ...shown.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`)]
}

function markOf(good: boolean): string {
  return good ? '✓' : '✗'
}
