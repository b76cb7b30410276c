import { expect, test } from 'vitest'
import { chooseParallel } from '../../src/bake/choose-parallel.ts'
import { makeFamily } from '../helpers/family.ts'

const here = makeFamily({})
const large = makeFamily({ machine: { memory: 8192 }, verify: { clones: 2 } })
const elsewhere = makeFamily({ cloud: 'aws', base: { amiId: 'ami-12345678' } })
const gibibytes = (count: number): number => count * 1024 ** 3

test.each([
  ['as many as processors, where machines run here', [here, here], { processors: 4, memory: gibibytes(64) }, 4],
  ['fewer where memory is short', [here, here], { processors: 16, memory: gibibytes(8) }, 4],
  ['fewer for large machines, every clone counted', [here, large], { processors: 16, memory: gibibytes(64) }, 3],
  ['more where machines run elsewhere', [elsewhere, elsewhere], { processors: 4, memory: gibibytes(64) }, 16],
  ['as if all ran here where one does', [elsewhere, here], { processors: 4, memory: gibibytes(64) }, 4],
  ['one, however little there is', [here], { processors: 1, memory: 1 }, 1],
])('families are baked %s', async (_what, families, capacity, expected) => {
  expect(await chooseParallel(families, capacity)).toBe(expected)
})
