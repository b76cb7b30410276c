import { afterEach, describe, expect, test, vi } from 'vitest'
import { renderEvent } from '../../src/cli/progress/progress.ts'
import { renderProgress } from '../../src/cli/progress/render.ts'
import { advance } from '../../src/cli/progress/state.ts'
import { renderFailure } from '../../src/cli/render-outcome.ts'
import { paint, paintOut, renderJson, renderLines } from '../../src/core/output.ts'
import type { BuildEvent } from '../../src/model/events.ts'
import type { BakeOutcome } from '../../src/model/outcome.ts'
import { renderRecord } from '../../src/report/render-record.ts'
import { sampleRecord } from '../records/sample.ts'

/** Text of a guest that tries to control a terminal or a CI system. */
const hostile = [
  'no\u001b]52;c;eA==\u0007\u001b[2J',
  'linux-base 2026.11.27 promoted in 3.0 s, 12 checks passed',
  '::error file=a::b',
  '::stop-commands::x',
  'a ##[group]b\rc',
].join('\n')

// biome-ignore lint/suspicious/noControlCharactersInRegex: these characters must not be in the output
const forbidden = /[\0-\x09\x0b-\x1f\x7f-\x9f]|^\s*::|##\[|^linux-base 2026.11.27 promoted/m

afterEach(() => vi.unstubAllEnvs())

describe('text of a guest cannot control the terminal or the CI system in', () => {
  const event: BuildEvent = { type: 'task', phase: 'verify', name: hostile, at: new Date().toISOString() }
  const note: BuildEvent = { type: 'note', phase: 'verify', text: hostile, at: new Date().toISOString() }
  const progress = advance({ family: 'f', phases: [], notes: [] }, event)
  const outcome = { family: 'f', version: 'v', status: 'failed', error: { message: hostile, hint: hostile, exitCode: 10, phase: 'verify' } }
  const request = { family: 'f', keep: 'never', dryRun: false, ifChanged: false, prove: false } as const
  const [suite] = sampleRecord().suites
  const record = {
    ...sampleRecord(),
    status: 'failed' as const,
    error: { message: hostile },
    suites: suite
      ? [{ ...suite, problem: hostile, cases: [{ name: hostile, status: 'failed' as const, durationMs: 1, message: hostile }] }]
      : [],
  }

  test.each<[string, string | readonly string[]]>([
    ['the message of a failed build', renderFailure(outcome as unknown as BakeOutcome, request)],
    ['a task, without a terminal', `f  ${renderEvent(progress, event)}`],
    ['a note, without a terminal', `f  ${renderEvent(progress, note)}`],
    ['a task on a terminal', renderProgress([progress], Date.now(), 200)],
    ['a note on a terminal', renderProgress([advance(progress, note)], Date.now(), 200)],
    ['a record', renderRecord(record)],
    ['an internal error', hostile],
  ])('%s', (_name, lines) => {
    const text = renderLines(lines)
    expect(text).toContain('no')
    expect(text).not.toMatch(forbidden)
  })

  test('JSON, whose value stays the same', () => {
    const json = renderJson({ message: hostile, more: '\u009b2J\u202ex' })
    expect(json).not.toMatch(forbidden)
    expect(JSON.parse(json)).toEqual({ message: hostile, more: '\u009b2J\u202ex' })
  })
})

describe('colours', () => {
  test('come only from the program, and end at the end of a line', () => {
    vi.stubEnv('FORCE_COLOR', '1')
    vi.stubEnv('NO_COLOR', undefined)
    const lines = renderLines([paintOut('red', `a\u001b[32mb\nc`), paint('green', 'x'.repeat(5_000)), 'plain'])
    expect(lines.split('\n').map((line) => (line.length > 99 ? `${line.slice(0, 8)}${line.slice(-5)}` : line))).toEqual([
      '\u001b[31mab\u001b[0m',
      '  | c\u001b[39m\u001b[0m',
      '\u001b[32mxxx…\u001b[0m',
      'plain',
      '',
    ])
  })
})
