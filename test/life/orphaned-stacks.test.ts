import { expect, it } from 'vitest'
import type { Engine } from '../../src/engine/engine.ts'
import type { OpenStack } from '../../src/engine/stack.ts'
import { parseState } from '../../src/engine/state.ts'
import { reapStacks } from '../../src/life/reap-stacks.ts'

/** An engine with one stack, of a build of another computer. */
function engineWith(...names: string[]) {
  const done: string[] = []
  const stack = { name: 'web-2026.11.26', destroy: async () => done.push('destroy'), remove: async () => done.push('remove') }
  const resources = names.map((name) => ({ urn: name, type: 't', name, id: name, outputs: {} }))
  const engine: Pick<Engine, 'findState' | 'knownStack'> = {
    findState: async () => ({ ...parseState({}), resources }),
    knownStack: async () => stack as unknown as OpenStack,
  }
  return { done, engine: engine as Engine }
}

const names = ['base', 'configure', 'seal', 'candidate', 'image-copy']
const expired = new Map([['web-2026.11.26', 'expired 2026-11-26T11:00:00Z']])

it.each([
  ['is removed if its resources had expired', names, expired, ['destroy', 'remove']],
  ['is kept if nothing of it had expired', names, new Map<string, string>(), []],
  ['is kept if it holds a promoted image', [...names, 'image'], expired, []],
])('a stack of a build of another computer %s', async (_what, resources, orphaned, expected) => {
  const { engine, done } = engineWith(...resources)
  const stacks = new Map([['web-2026.11.26', { name: 'web-2026.11.26', resourceCount: resources.length + 3, changedAt: undefined }]])
  const known = { records: [], running: new Set<string>(), ended: new Map<string, string>(), stacks }
  await reapStacks({ engine, options: { dryRun: false, kept: false }, known, orphaned })
  expect(done).toEqual(expected)
})
