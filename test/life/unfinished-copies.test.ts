import { expect, it } from 'vitest'
import { parseState, type StackState } from '../../src/engine/state.ts'
import { whyDeletable } from '../../src/life/known-builds.ts'
import { findUnfinishedCopies } from '../../src/life/unfinished-copies.ts'
import type { Tags } from '../../src/model/tags.ts'

const now = new Date('2026-11-27T12:00:00Z')
const [past, future] = ['2026-11-27T11:00:00Z', '2026-11-27T13:00:00Z']

const copy = (stage: Tags['stage'], expires: string): { tags: Tags } => ({
  tags: { tool: 'bakehouse', family: 'web', version: '2026.11.26', build: 'b1', stage, expires },
})

function state(...names: string[]): StackState {
  const resources = names.map((name) => ({ urn: name, type: 't', name, id: name, outputs: {} }))
  return { ...parseState({}), resources }
}

// There is no record of the build: it ran on another computer.
it.each([
  ['is orphaned if it expired and its stack has no finished image', copy('promoted', past), state('image-copy'), true],
  ['is kept if its stack has the finished image', copy('promoted', past), state('image-copy', 'image'), false],
  ['is kept if the state has no stack of its build', copy('promoted', past), undefined, false],
  ['is kept while its build may still finish it', copy('promoted', future), state('image-copy'), false],
  ['is kept when it is finished, and does not expire any more', copy('promoted', ''), state('image-copy'), false],
])('a copy of a build of another computer %s', async (_what, created, found, expected) => {
  const unfinished = await findUnfinishedCopies({ findState: async () => found }, [created], now)
  expect(whyDeletable(created, { ended: new Map(), unfinished }, now) !== undefined).toBe(expected)
})
