import { renderDuration, renderTime } from '../core/duration.ts'
import type { BuildRecord, RecordedTask } from '../model/record.ts'
import { type CaseResult, countCases, renderCounts, type SuiteResult, suitePassed } from '../model/suite-result.ts'
import { type Html, html } from './html.ts'
import { reportStyle } from './report-style.ts'
import { renderCause } from './words.ts'

const statusClass: Readonly<Record<BuildRecord['status'], string>> = {
  promoted: 'good',
  failed: 'bad',
  cancelled: 'warn',
  running: 'warn',
  interrupted: 'warn',
}
const stepsWithLog: readonly string[] = ['configure', 'seal', 'verify']
const slowest = 10

/** The report of a build: an HTML page that loads no other file and links to the logs in the same folder. */
export function renderReport(record: BuildRecord): string {
  const title = `${record.family} ${record.version}`
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}: ${record.status}</title>
<style>${{ markup: reportStyle }}</style>
</head>
<body>
${header(title, record)}
${record.error && failure(record, record.error)}
${suites(record)}
${phaseBars(record)}
${tasks(record.tasks)}
${image(record)}
${inputs(record)}
${files(record)}
</body>
</html>
`
  return page.markup
}

function header(title: string, record: BuildRecord): Html {
  const counts = renderCounts(countCases(record.suites))
  const tested = record.suites.length > 0 ? html` · ${counts}` : undefined
  return html`<header><h1>${title} <span class="badge ${statusClass[record.status]}">${record.status}</span></h1>
<p class="lead">${renderTime(record.startedAt)} UTC · ${renderDuration(record.durationMs)} · ${record.cloud}${tested}</p></header>`
}

function failure(record: BuildRecord, error: NonNullable<BuildRecord['error']>): Html {
  const log = error.phase && stepsWithLog.includes(error.phase) ? `logs/${error.phase}.log` : 'logs/'
  const [first = '', ...rest] = error.message.split('\n')
  return html`<section class="box"><p>${renderCause(record.status, { ...error, message: first })}</p>
${rest.length > 0 && html`<pre>${rest.join('\n').trim()}</pre>`}
${error.hint && html`<p>hint: ${error.hint}</p>`}
<p><a href="${log}">${log === 'logs/' ? 'the logs' : 'the full log'}</a> · <a href="diagnostics/">diagnostics</a></p></section>`
}

function suites(record: BuildRecord): Html | undefined {
  if (record.suites.length === 0) return undefined
  const sorted = [...record.suites].sort((left, right) => Number(suitePassed(left)) - Number(suitePassed(right)))
  const weak = record.provesNothing ?? []
  return html`<section><h2>Verification</h2>
${weak.length > 0 && html`<p class="warn">These suites also pass on the unconfigured base image, so they test nothing: ${weak.join(', ')}</p>`}
${sorted.map(suite)}</section>`
}

function suite(result: SuiteResult): Html {
  const passed = suitePassed(result)
  const cases = [...result.cases].sort((left, right) => rank(left) - rank(right))
  return html`<details${{ markup: passed ? '' : ' open' }}>
<summary><b>${result.suite}</b> <span class="dim">${result.verifier}</span>
<span class="${passed ? 'good' : 'bad'}">${renderCounts(countCases([result]))}</span> <span class="time">${renderDuration(result.durationMs)}</span></summary>
${result.problem !== undefined && html`<p class="bad">${result.problem}</p>`}
${caseLists(cases)}</details>`
}

/** More passed cases than this are folded if a case of the same suite has not passed, so that those are seen. */
const manyPassed = 20

function caseLists(cases: readonly CaseResult[]): Html {
  const list = (some: readonly CaseResult[]): Html => html`<ul class="cases">${some.map(testCase)}</ul>`
  const passed = cases.filter(({ status }) => status === 'passed')
  if (passed.length <= manyPassed || passed.length === cases.length) return list(cases)
  const others = cases.filter(({ status }) => status !== 'passed')
  return html`${list(others)}<details class="inner"><summary>${passed.length} passed</summary>${list(passed)}</details>`
}

const marks: Readonly<Record<CaseResult['status'], Html>> = {
  failed: html`<span class="bad">✗</span>`,
  error: html`<span class="bad">✗</span>`,
  skipped: html`<span class="dim">–</span>`,
  passed: html`<span class="good">✓</span>`,
}

function rank({ status }: CaseResult): number {
  return ['failed', 'error', 'skipped', 'passed'].indexOf(status)
}

function testCase({ name, title, status, durationMs, message }: CaseResult): Html {
  return html`<li>${marks[status]}<span>${name}${title && html` <span class="dim">${title}</span>`}</span><span class="time">${renderDuration(durationMs)}</span>${
    message && html`<pre>${message}</pre>`
  }</li>
`
}

function phaseBars({ phases, startedAt }: BuildRecord): Html | undefined {
  if (phases.length === 0) return undefined
  const starts = phases.map((phase) => Date.parse(phase.startedAt))
  const start = Math.min(...starts, Date.parse(startedAt) || Number.POSITIVE_INFINITY)
  const total = Math.max(1, ...phases.map((phase, index) => (starts[index] ?? start) + phase.durationMs - start))
  const percent = (ms: number): string => `${((100 * ms) / total).toFixed(2)}%`
  const rows = phases.map(({ phase, status, durationMs }, index) => {
    const left = percent((starts[index] ?? start) - start)
    return html`<div><span class="${status === 'failed' ? 'bad' : ''}">${phase}</span>
<span class="track"><i class="${status}" style="left:${left};width:${percent(durationMs)}"></i></span>
<span class="time">${status === 'skipped' ? 'skipped' : renderDuration(durationMs)}</span></div>
`
  })
  return html`<section><h2>Phases</h2><div class="phases">${rows}</div></section>`
}

function tasks(all: readonly RecordedTask[]): Html | undefined {
  if (all.length === 0) return undefined
  const sorted = [...all].sort((left, right) => right.durationMs - left.durationMs).slice(0, slowest)
  const row = ({ name, status, durationMs }: RecordedTask): Html => {
    const mark = status === 'failed' || status === 'unreachable' ? marks.failed : status === 'skipped' ? marks.skipped : marks.passed
    return html`<li>${mark}<span>${name} <span class="dim">${status}</span></span><span class="time">${renderDuration(durationMs)}</span></li>
`
  }
  return html`<section><h2>Tasks</h2>
<details open><summary><b>Slowest</b> <span class="dim">${sorted.length} of ${all.length}</span></summary><ul class="cases">${sorted.map(row)}</ul></details>
<details><summary><b>All, in order</b> <span class="dim">${all.length}</span></summary><ul class="cases">${all.map(row)}</ul></details></section>`
}

function image({ image: promoted }: BuildRecord): Html | undefined {
  if (!promoted) return undefined
  return definitions('Image', [
    ['Name', promoted.imageName],
    ['ID', promoted.imageId],
    ['Digest', promoted.digest],
    ...Object.entries(promoted.imagesByRegion).filter(([, id]) => id !== promoted.imageId),
    ['Disk', promoted.imagePath === promoted.imageId ? undefined : promoted.imagePath],
    ['Promoted', `${renderTime(promoted.promotedAt)} UTC`],
    ['Previous version', promoted.previousVersion],
  ])
}

function inputs(record: BuildRecord): Html {
  const { base } = record
  return definitions('Inputs', [
    ['Base', base?.name],
    ['Base digest', base?.digest],
    ['Parent family', base?.ancestor && `${base.ancestor.family} ${base.ancestor.version}`],
    ...(record.machines ?? []).map(({ name, kind }): [string, string] => [`Machine ${name}`, kind]),
    ['Input hash', record.inputsDigest],
    ['Source commit', record.sourceCommit],
    ['Build', `${record.build} · ${record.buildStack}`],
    ...Object.entries(record.tools),
  ])
}

function definitions(title: string, rows: readonly (readonly [string, string | undefined])[]): Html {
  const shown = rows.filter((row): row is [string, string] => Boolean(row[1]))
  return html`<section><h2>${title}</h2><dl>${shown.map(([term, text]) => html`<dt>${term}</dt><dd><code>${text}</code></dd>`)}</dl></section>`
}

function files(record: BuildRecord): Html {
  const logs = record.phases.map(({ phase }) => phase as string).filter((phase) => stepsWithLog.includes(phase))
  const paths = [
    'record.json',
    'events.jsonl',
    ...new Set(logs.map((phase) => `logs/${phase}.log`)),
    ...record.suites.map(({ junit }) => junit),
  ]
  const links = [...new Set(paths)].filter(isBelow).map((path) => html`<li><span></span><a href="${encodeURI(path)}">${path}</a></li>`)
  return html`<section><h2>Files</h2><ul class="cases">${links}</ul></section>`
}

/** Whether a path stays below the folder of the report: it is relative, has no URL scheme and no `..`. */
function isBelow(path: string): boolean {
  return path !== '' && !/^[/\\]|^[a-z][a-z0-9+.-]*:|(^|\/)\.\.(\/|$)/i.test(path)
}
