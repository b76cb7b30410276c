import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { describe, expect, test } from 'vitest'
import { renderDuration } from '../../src/core/duration.ts'
import { renderRecord } from '../../src/report/render-record.ts'
import { renderReport } from '../../src/report/report.ts'
import { failedRecord, sampleRecord } from '../records/sample.ts'

const hostile = `<script>alert(1)</script>"'&\u001b[31m\u0007`

describe('the report', () => {
  test('begins with the cause of a failed build, then the failed test case', () => {
    const page = renderReport(failedRecord())
    const order = ['verify failed: 1 of 5 cases failed', 'no authorized keys are left</span>', 'goss verify/goss.yaml', 'Phases', 'Inputs']
    const places = order.map((text) => page.indexOf(text))
    expect(places.every((place) => place > 0)).toBe(true)
    expect(places).toEqual([...places].sort((left, right) => left - right))
  })

  test('shows failed suites open and passed suites closed', () => {
    expect(renderReport(failedRecord()).match(/<details open>\n<summary><b>(.*?)</)?.[1]).toBe('hygiene')
    expect(renderReport(sampleRecord())).not.toMatch(/<details open>\n<summary><b>goss/)
  })

  test('folds hundreds of passed cases of a suite in which a case failed', () => {
    const passed = Array.from({ length: 300 }, (_, index) => ({ name: `rule ${index}`, status: 'passed' as const, durationMs: 1 }))
    const cases = [...passed, { name: 'the failed rule', status: 'failed' as const, durationMs: 1, message: 'expected 1, got 0' }]
    const [suite] = sampleRecord().suites
    const page = renderReport(failedRecord({ suites: [{ ...suite!, cases }] }))
    const [failed, folded, rule] = ['the failed rule', '<summary>300 passed</summary>', 'rule 299'].map((text) => page.indexOf(text))
    expect(failed).toBeGreaterThan(0)
    expect(folded).toBeGreaterThan(failed!)
    expect(rule).toBeGreaterThan(folded!)
  })

  test('escapes text of guests, families and tools', () => {
    const record = sampleRecord({
      family: hostile,
      version: hostile,
      tasks: [{ phase: 'configure', name: hostile, status: 'ok', durationMs: 1 }],
      suites: [
        {
          suite: hostile,
          verifier: hostile,
          durationMs: 1,
          junit: hostile,
          problem: hostile,
          cases: [{ name: hostile, status: 'failed', durationMs: 1, message: hostile }],
        },
      ],
      error: { phase: 'verify', message: `${hostile}\n${hostile}`, hint: hostile },
      base: { id: hostile, name: hostile, digest: hostile, ancestor: { family: hostile, version: hostile } },
      tools: { [hostile]: hostile },
      sourceCommit: hostile,
    })
    const page = renderReport(record)
    expect(page).not.toContain('<script')
    expect(page).not.toContain('\u001b')
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;\uFFFD')
  })

  test('is a page that loads no other file and contains no script', () => {
    const page = renderReport(failedRecord())
    expect(page).not.toMatch(/<(script|link|img|iframe)|(src|href|action)="[a-z]+:|@import|url\(/)
    expect(page).toContain("default-src 'none'")
  })

  test.each(['../../etc/passwd', '/etc/passwd', 'javascript:alert(1)', 'https://example.org', '..', '\\\\host\\share'])(
    'does not link to %s',
    (junit) => {
      const [suite] = sampleRecord().suites
      expect(renderReport(sampleRecord({ suites: [{ ...suite!, junit }] }))).not.toContain(`href="${encodeURI(junit)}"`)
    },
  )

  test.each([
    ['passing', sampleRecord()],
    ['failing', failedRecord()],
    ['empty', sampleRecord({ phases: [], tasks: [], suites: [], tools: {} })],
  ])('of a %s build has balanced HTML elements', (_what, record) => {
    const body = renderReport(record)
      .replace(/^<!doctype html>\n/, '')
      .replace(/<meta[^>]*>/g, '')
      .replace('<details open>', '<details open="">')
      .replaceAll('<details open>', '<details open="">')
    expect(XMLValidator.validate(body)).toBe(true)
    expect(new XMLParser().parse(body).html.body.header.h1).toBeDefined()
  })
})

/** The record of a build whose family allows a finding. */
function allowingRecord() {
  const message = 'allowed: a proxy <filters> all traffic; found: it is off'
  const cases = [{ name: 'firewall-on', title: 'Checks the firewall.', status: 'passed' as const, durationMs: 1, message }]
  return sampleRecord({ suites: [{ suite: 'hygiene', verifier: 'hygiene', durationMs: 1, junit: 'junit/hygiene.xml', cases }] })
}

test('the report shows what a family allows: the reason and the finding', () => {
  const page = renderReport(allowingRecord())
  const shown = /firewall-on.*<pre>allowed: a proxy &lt;filters&gt; all traffic; found: it is off<\/pre>/s
  expect(page).toMatch(shown)
})

describe('a record as text', () => {
  test('contains what a family allows: the reason and the finding', () => {
    const text = renderRecord(allowingRecord()).join('\n')
    expect(text).toContain('      ! firewall-on: Checks the firewall.\n        allowed: a proxy <filters> all traffic; found: it is off')
  })

  test('contains the failed test case and its message', () => {
    const text = renderRecord(failedRecord()).join('\n')
    expect(text).toContain('linux-web 2026.11.23: failed, 2026-11-23 13:04 UTC, 41.3 s, local')
    expect(text).toContain('      ✗ no authorized keys are left\n        expected no key in /root/.ssh/authorized_keys')
    expect(text).toContain('  ✗ verify       3.9 s')
  })
})

test.each([
  [0, '0 ms'],
  [94, '94 ms'],
  [95, '0.1 s'],
  [12_340, '12.3 s'],
  [59_949, '59.9 s'],
  [59_951, '1 m 00 s'],
  [64_000, '1 m 04 s'],
  [3_599_600, '1 h 00 m'],
  [7_380_000, '2 h 03 m'],
])('%d ms is printed as %s', (ms, text) => expect(renderDuration(ms)).toBe(text))
