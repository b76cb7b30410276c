import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { isRepeated, renderEvent } from '../../src/cli/progress/progress.ts'
import { renderProgress } from '../../src/cli/progress/render.ts'
import { advance, type FamilyProgress } from '../../src/cli/progress/state.ts'
import { renderLines } from '../../src/core/output.ts'
import type { BuildEvent } from '../../src/model/events.ts'

const start = Date.parse('2026-11-23T13:00:00.000Z')
const at = (seconds: number): string => new Date(start + seconds * 1000).toISOString()
const events: BuildEvent[] = [
  { type: 'phase', phase: 'base', status: 'started', at: at(0) },
  { type: 'phase', phase: 'base', status: 'done', at: at(2.6), durationMs: 2600 },
  { type: 'phase', phase: 'configure', status: 'started', at: at(3) },
  { type: 'task', phase: 'configure', name: 'Install nginx', at: at(4) },
  { type: 'task-done', phase: 'configure', name: 'Install nginx', status: 'changed', durationMs: 3000, at: at(7) },
  { type: 'task', phase: 'configure', name: 'Serve\nthe \u001b[2Jpage', at: at(7) },
]
const progress = (family: string, told: readonly BuildEvent[]): FamilyProgress => told.reduce(advance, { family, phases: [], notes: [] })
const plain = (lines: readonly string[]): string[] => stripVTControlCharacters(renderLines(lines)).trimEnd().split('\n')

describe('progress', () => {
  test('of one family shows each phase with its time, and the current task with its time', () => {
    expect(plain(renderProgress([progress('linux-web', events)], start + 12_000, 80))).toEqual([
      'linux-web',
      '  ✓ base         2.6 s',
      '  ⠋ configure    9.0 s  Serve the page  5.0 s',
    ])
  })

  test('of several families shows one line per family', () => {
    const lines = plain(
      renderProgress(
        [progress('linux-base', events), progress('linux-web', []), { ...progress('db', events), ended: 'failed' }],
        start + 12_000,
        80,
      ),
    )
    expect(lines).toEqual(['⠋ linux-base  configure    9.0 s  Serve the page  5.0 s', '· linux-web   waiting', '✗ db          failed'])
  })

  test('never wraps a line, even on a narrow terminal', () => {
    for (const columns of [1, 2, 10, 24, 40]) {
      for (const line of plain(renderProgress([progress('linux-web', events)], start + 12_000, columns))) {
        expect(line.length).toBeLessThan(Math.max(columns, 1))
      }
    }
  })

  test('ignores a repeated task event', () => {
    const again: BuildEvent = { type: 'task', phase: 'configure', name: 'Serve\nthe \u001b[2Jpage', at: at(11) }
    const before = progress('linux-web', events)
    expect(isRepeated(before, again)).toBe(true)
    expect(advance(before, again)).toEqual(before)
  })

  test('without a terminal prints one line per event', () => {
    let state: FamilyProgress = { family: 'linux-web', phases: [], notes: [] }
    const lines = events.map((event) => {
      state = advance(state, event)
      return renderEvent(state, event)
    })
    expect(lines.slice(0, 5)).toEqual([
      'base                 started',
      'base          2.6 s  done',
      'configure            started',
      'configure     1.0 s  Install nginx',
      undefined,
    ])
  })
})
