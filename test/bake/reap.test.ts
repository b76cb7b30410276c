import { expect, test } from 'vitest'
import { whyLeftover } from '../../src/bake/reap.ts'
import type { Tags } from '../../src/core/model.ts'

const now = new Date('2026-11-23T12:00:00Z')
const lost = { abandoned: new Set(['dead', 'cut']), unfinished: new Set(['cut']) }
const tags = (build: string, stage: Tags['stage'], expires: string): Tags => ({
  ...{ tool: 'bakehouse', family: 'web', version: '2026.11.23', build, stage, expires },
})

test.each<[what: string, of: Tags, why: string | undefined]>([
  ['a machine of a build that runs', tags('live', 'base', '2026-11-23T13:00:00Z'), undefined],
  ['a machine past its expiry', tags('live', 'trial', '2026-11-23T11:00:00Z'), 'expired 2026-11-23T11:00:00Z'],
  ['a machine of a build that was killed', tags('dead', 'base', '2026-11-23T13:00:00Z'), 'the process of its build is gone'],
  ['a promoted image', tags('live', 'promoted', ''), undefined],
  ['the finished image of a build that was killed', tags('dead', 'promoted', ''), undefined],
  ['a copy that was never finished', tags('cut', 'promoted', ''), 'its build was cut off before it was finished'],
])('%s', (_what, of, why) => {
  expect(whyLeftover({ tags: of }, lost, now)).toBe(why)
})
