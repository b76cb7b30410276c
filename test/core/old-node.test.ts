import { join } from 'node:path'
import { expect, it } from 'vitest'
import { explainOldNode } from '../../src/core/old-node.ts'
import { sourceFolder } from '../../src/core/paths.ts'

it.each(['20.20.2', '22.18.0', '23.11.1'])('Node %s is told what to do instead', (version) => {
  expect(explainOldNode(version)).toMatch(new RegExp(`^error: expected Node >= 24, got ${version}\nhint: .*npm run bake --`))
})

it('the package runs on every Node that is maintained', () => {
  for (const version of ['20.20.2', '22.18.0', '24.0.0']) expect(explainOldNode(version, true)).toBeUndefined()
  expect(explainOldNode('18.20.4', true)).toBe('error: expected Node >= 20, got 18.20.4\nhint: install Node 24\n')
})

it('is the Node that setup.mjs looks for', async () => {
  const { oldestNode } = await import(join(sourceFolder(), 'setup/launch/node.mjs'))
  expect(explainOldNode(`${oldestNode}.0.0`)).toBeUndefined()
  expect(explainOldNode(`${Number(oldestNode) - 1}.0.0`)).toContain(`>= ${oldestNode},`)
})
