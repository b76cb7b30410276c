import { expect, it } from 'vitest'
import { isWhole } from '../../src/life/reap-stacks.ts'

it.each([
  ['of a promoted build', 3, 'promoted', true],
  ['of a promoted build that was emptied since', 0, 'promoted', false],
  ['of a build that runs', 9, 'running', false],
  ['of a build that was killed', 9, 'interrupted', false],
  ['of a failed build with next to nothing in it', 2, 'failed', false],
  ['of another machine, with more in it than providers', 7, undefined, true],
  ['of another machine, with next to nothing in it', 3, undefined, false],
  ['of which the backend does not tell', undefined, 'promoted', false],
] as const)('a stack %s is opened unless it is surely whole', (_what, resourceCount, status, whole) => {
  expect(isWhole({ resourceCount }, status)).toBe(whole)
})
