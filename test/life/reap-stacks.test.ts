import { expect, it } from 'vitest'
import { isComplete } from '../../src/life/reap-stacks.ts'

it.each([
  ['of a promoted build', 3, 'promoted', true],
  ['of a promoted build whose resources were removed later', 0, 'promoted', false],
  ['of a build that runs', 9, 'running', false],
  ['of a build that was killed', 9, 'interrupted', false],
  ['of a failed build with two resources', 2, 'failed', false],
  ['of another computer, with more resources than providers', 7, undefined, true],
  ['of another computer, with few resources', 3, undefined, false],
  ['whose number of resources the backend does not list', undefined, 'promoted', false],
] as const)('a stack %s is opened unless it is certainly complete', (_what, resourceCount, status, whole) => {
  expect(isComplete({ resourceCount }, status)).toBe(whole)
})
