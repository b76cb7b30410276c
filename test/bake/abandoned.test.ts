import { describe, expect, test } from 'vitest'
import type { BuildRecord } from '../../src/model/record.ts'
import { markAbandoned } from '../../src/records/history.ts'
import { sampleRecord } from '../records/sample.ts'

/** Records, newest first, as `family status`. */
function records(...all: readonly string[]): BuildRecord[] {
  return all.map((each) => {
    const [family = '', status] = each.split(' ')
    return sampleRecord({ family, status: status as BuildRecord['status'] })
  })
}

describe('a build whose record says that it runs', () => {
  test.each([
    ['runs while a process bakes its family', ['web running', 'web promoted'], ['web'], ['running', 'promoted']],
    ['is abandoned once none does', ['web running', 'web failed'], [], ['abandoned', 'failed']],
    ['is abandoned when only another family is baked', ['web running'], ['db'], ['abandoned']],
    [
      'is abandoned when a newer build is what runs',
      ['web running', 'db running', 'web running'],
      ['web', 'db'],
      ['running', 'running', 'abandoned'],
    ],
  ])('%s', (_claim, given, running, expected) => {
    expect(markAbandoned(records(...given), new Set(running)).map(({ status }) => status)).toEqual(expected)
  })
})
