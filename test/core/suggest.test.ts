import { expect, test } from 'vitest'
import { didYouMean, findClosest } from '../../src/core/suggest.ts'

test.each([
  ['machne', 'machine'],
  ['verfiy', 'verify'],
  ['cpu', 'cpus'],
  ['Cloud', 'cloud'],
  ['min', 'minimumCases'],
  ['xyz', undefined],
  ['', undefined],
  ['x'.repeat(100_000), undefined],
])('for %j suggests %j', (word, wanted) => {
  expect(findClosest(word, ['machine', 'verify', 'cpus', 'cloud', 'minimumCases'])).toBe(wanted)
})

test('prints the suggestion as a question', () => expect(didYouMean('bkae', ['bake'])).toBe('did you mean "bake"?'))
