import { afterAll, expect, it, vi } from 'vitest'
import type { Plan } from '../../src/bake/plan.ts'
import { choosePlace, reserveVersion } from '../../src/bake/reserve.ts'
import type { BuildNames } from '../../src/cloud/cloud.ts'
import { UsageError } from '../../src/core/errors.ts'
import type { OpenStack } from '../../src/engine/stack.ts'
import { makeFamily } from '../helpers/family.ts'
import { sampleLatestGood } from '../helpers/latest-good.ts'

vi.stubEnv('BAKEHOUSE_HOME', '/nonexistent')
afterAll(() => vi.unstubAllEnvs())

const created: string[] = []
const plan = (version: string, latest?: string): Plan => {
  const createStack = async (name: string): Promise<OpenStack | undefined> => {
    created.push(name)
    return { name } as unknown as OpenStack
  }
  const about = { family: makeFamily({}, { name: 'web' }), version, folder: '', stackName: `web-${version}`, engine: { createStack } }
  const request = { family: 'web', version, keep: 'never', dryRun: false }
  return { ...about, request, latest: latest && sampleLatestGood({ family: 'web', version: latest }) } as unknown as Plan
}

it.each([
  ['older', '2026.11.22'],
  ['the same', '2026.11.23'],
])('a version that is %s than the latest good one is refused before its stack is created', async (_what, version) => {
  created.length = 0
  const refused = await reserveVersion(plan(version, '2026.11.23')).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(UsageError)
  expect(refused).toMatchObject({
    message: `web ${version} is not newer than the latest good version, 2026.11.23`,
    hint: expect.stringContaining('--image-version'),
  })
  expect(created).toEqual([])
})

it('a clock that is before the latest good version is refused before anything is created', async () => {
  const refused = await choosePlace({ family: 'web' } as Plan['request'], sampleLatestGood({ family: 'web', version: '2099.01.02' }), {
    known: [],
  }).catch((error: unknown) => error)
  expect(refused).toMatchObject({
    exitCode: 3,
    message: expect.stringMatching(/^The clock of this computer says \d{4}\.\d\d\.\d\d, which is before .* web, 2099\.01\.02$/),
    hint: expect.stringContaining('set the clock'),
  })
})

it.each([
  ['is newer than the latest good one', '2026.11.23'],
  ['is the first one', undefined],
])('a version that %s is reserved', async (_what, latest) => {
  created.length = 0
  expect((await reserveVersion(plan('2026.11.23-2', latest))).plan.version).toBe('2026.11.23-2')
  expect(created).toEqual(['web-2026.11.23-2'])
})

it('if another computer has just reserved the version, the next one is reserved, and its names are checked too', async () => {
  const first = plan('2026.11.23')
  const names: string[] = []
  const taken = {
    ...first,
    request: { family: 'web' },
    engine: { createStack: async (name: string) => (name === first.stackName ? undefined : { name }) },
    cloud: { requireFreeNames: async (_family: unknown, { images }: BuildNames) => void names.push(...images) },
  } as unknown as Plan
  const { version } = (await reserveVersion(taken)).plan
  expect(version).not.toBe('2026.11.23')
  expect(names).toEqual([`web-${version}`, `web-${version}-candidate`])
})
