import { expect, test } from 'vitest'
import { goesDown, readArrows, renderPicture } from './rooms.ts'

const stairs = { core: [], model: ['core'], cli: ['bakehouse.ts', 'model', 'core'] }

test('the picture shows an import of a higher layer as a dotted arrow', () => {
  const arrows = [
    { from: 'bakehouse.ts', to: 'cli' },
    { from: 'cli', to: 'bakehouse.ts' },
    { from: 'cli', to: 'core' },
    { from: 'core', to: 'model' },
  ]
  expect(renderPicture(arrows, stairs, ['core']).split('\n').slice(2, -1)).toEqual([
    '  bakehouse.ts --> cli',
    '  cli --> bakehouse.ts',
    '  core -. up .-> model',
  ])
  expect(arrows.filter((arrow) => !goesDown(arrow, stairs))).toEqual([{ from: 'core', to: 'model' }])
})

test('the picture contains type imports and dynamic imports', () => {
  const arrows = readArrows().map(({ from, to }) => `${from} ${to}`)
  // bakehouse.ts imports `Engine` as a type only, and everything else dynamically.
  expect(arrows).toEqual(expect.arrayContaining(['bakehouse.ts engine', 'bakehouse.ts bake', 'cli bakehouse.ts']))
})
