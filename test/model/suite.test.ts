import { describe, expect, test } from 'vitest'
import { type Suite, slugOf, suiteId, suiteNames } from '../../src/model/suite.ts'

const suites = (...files: string[]): Suite[] => files.map((file) => ({ verifier: 'goss', file, options: {} }))

describe('a suite', () => {
  test('keeps its ID if another suite of the same verifier is added, although its name changes', () => {
    const [before] = suites('verify/goss.yaml')
    const [after] = suites('verify/goss.yaml', 'verify/more.yaml')
    expect(suiteNames(suites('verify/goss.yaml'))).toEqual(['goss'])
    expect(suiteNames(suites('verify/goss.yaml', 'verify/more.yaml'))).toEqual(['goss goss', 'goss more'])
    expect(before && suiteId(before, ' (clone 2)')).toBe('goss verify/goss.yaml (clone 2)')
    expect(after && suiteId(after, ' (clone 2)')).toBe('goss verify/goss.yaml (clone 2)')
  })

  test('has report files of its own', () => {
    const names = suiteNames(suites('a/x_y.yaml', 'b/x-y.yaml', 'c/x y.yaml', 'd/X.Y.yaml'))
    expect(new Set(names.map(slugOf)).size).toBe(4)
  })
})
