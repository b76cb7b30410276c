import { describe, expect, test } from 'vitest'
import type { BuildRecord } from '../../src/model/record.ts'
import { markInterrupted, settleRecords } from '../../src/records/history.ts'
import { sampleRecord } from './sample.ts'

/** Records from texts `family status`, newest first. */
function records(...all: readonly string[]): BuildRecord[] {
  return all.map((each) => {
    const [family = '', status] = each.split(' ')
    return sampleRecord({ family, status: status as BuildRecord['status'] })
  })
}

describe('a build whose record has the status running', () => {
  test.each([
    ['runs if a process builds its family', ['web running', 'web promoted'], ['web'], ['running', 'promoted']],
    ['is interrupted if no process builds its family', ['web running', 'web failed'], [], ['interrupted', 'failed']],
    ['is interrupted if only another family is being built', ['web running'], ['db'], ['interrupted']],
    [
      'is interrupted if a newer build of the family runs',
      ['web running', 'db running', 'web running'],
      ['web', 'db'],
      ['running', 'running', 'interrupted'],
    ],
  ])('%s', (_claim, given, running, expected) => {
    expect(markInterrupted(records(...given), new Set(running)).map(({ status }) => status)).toEqual(expected)
  })
})

describe('a build that ends while the records are read', () => {
  test.each([
    ['has its end, not the status interrupted', ['web promoted'], ['promoted']],
    ['is interrupted if its process ended without one', ['web running'], ['interrupted']],
  ])('%s', async (_claim, later, expected) => {
    const reads = [records('web running'), records(...later)]
    const settled = await settleRecords(
      async () => reads.shift() ?? [],
      async () => new Set(),
    )
    expect(settled.map(({ status }) => status)).toEqual(expected)
  })

  test('is not read a second time if no build was running without its lock', async () => {
    const reads = [records('web running', 'web failed')]
    const settled = await settleRecords(
      async () => reads.shift() ?? [],
      async (open) => new Set(open),
    )
    expect(settled.map(({ status }) => status)).toEqual(['running', 'failed'])
  })
})
