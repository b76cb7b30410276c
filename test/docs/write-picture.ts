import { join } from 'node:path'
import { sourceFolder } from '../../src/core/paths.ts'
import { replaceSection } from './generated.ts'
import { goesDown, readArrows, renderPicture, type Stairs } from './rooms.ts'

// Part of `npm run check`: writes the picture of the rooms, and prints the number of imports to a higher room.
const root = join(sourceFolder(), '..')
const { stairs } = (await import(join(root, '.dependency-cruiser.mjs'))) as { stairs: Stairs }
const arrows = readArrows()
const up = arrows.filter((arrow) => !goesDown(arrow, stairs))
replaceSection('architecture.md', 'picture', renderPicture(arrows, stairs, ['core', 'model']))
process.stdout.write(
  `rooms: ${arrows.length} imports between them, ${up.length} up the stairs${up.map((arrow) => ` (${arrow.from} → ${arrow.to})`).join('')}\n`,
)
