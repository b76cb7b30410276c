import { expect, test } from 'vitest'
import { chooseParallel } from '../../src/bake/choose-parallel.ts'
import { makeFamily } from '../helpers/family.ts'

const here = makeFamily({})
const large = makeFamily({ machine: { memory: 8192 }, verify: { clones: 2 } })
const elsewhere = makeFamily({ cloud: 'aws', base: { amiId: 'ami-12345678' } })
const gibibytes = (count: number): number => count * 1024 ** 3

test.each([
  ['one per CPU if machines run on this computer', [here, here], { processors: 4, memory: gibibytes(64) }, 4],
  ['fewer if there is little memory', [here, here], { processors: 16, memory: gibibytes(8) }, 4],
  ['fewer for large machines, with every clone counted', [here, large], { processors: 16, memory: gibibytes(64) }, 3],
  ['several per CPU if machines run elsewhere', [elsewhere, elsewhere], { processors: 4, memory: gibibytes(64) }, 16],
  ['one per CPU if at least one family runs on this computer', [elsewhere, here], { processors: 4, memory: gibibytes(64) }, 4],
  ['at least one, even with very little memory', [here], { processors: 1, memory: 1 }, 1],
])('the number of families that are built in parallel is %s', async (_what, families, capacity, expected) => {
  expect(await chooseParallel(families, capacity)).toBe(expected)
})
