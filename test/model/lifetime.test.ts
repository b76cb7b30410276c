import { describe, expect, test } from 'vitest'
import { readFamily } from '../../src/family/read-family.ts'
import { lifetimeOf, longestBuild } from '../../src/model/lifetime.ts'
import { makeFamily } from '../helpers/family.ts'

const minutes = (ms: number): number => ms / 60_000
const timeouts = (login: string, configure: string, seal: string, verify: string) =>
  makeFamily({
    ...{ login: { timeout: login }, configure: { timeout: configure }, seal: { timeout: seal }, verify: { timeout: verify } },
  })

describe('the longest possible build', () => {
  test.each([
    ['the defaults', makeFamily({}), 60 + 20 + 60 + 15 + 30],
    ['short time-outs', timeouts('1m', '2m', '90s', '30s'), 60 + 2 + 2 + 2],
    ['hours', timeouts('1h', '10h', '2h', '3h'), 60 + 120 + 600 + 120 + 180],
  ])('is the sum of the time-outs of the family, and an hour for images: %s', (_what, family, expected) => {
    expect(minutes(longestBuild(family))).toBe(expected)
  })

  test.each(['linux-base', 'linux-web', 'windows-base'])('ends before the temporary resources of %s expire', async (name) => {
    const family = await readFamily(name)
    expect(lifetimeOf(family) - longestBuild(family)).toBeGreaterThanOrEqual(2 * 60 * 60_000)
  })

  test('can be longer than four hours for a slow family', async () => {
    expect(minutes(lifetimeOf(await readFamily('windows-base')))).toBe(60 + 60 + 120 + 45 + 45 + 120)
  })
})
