import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { homeFolder } from '../src/core/paths.ts'
import { findKnownBuilds } from '../src/life/known-builds.ts'
import { openProjectEngine } from '../src/life/open-engine.ts'
import { promote } from '../src/life/promote.ts'
import { latestGood } from '../src/pulumi.ts'
import { familyFiles, makeProject } from './family/project.ts'
import { sampleLatestGood } from './helpers/latest-good.ts'

const tools = join(homeFolder(), 'tools.json')
const { signal } = new AbortController()
let project: ReturnType<typeof makeProject>
beforeAll(() => {
  project = makeProject(familyFiles('web', 'base: { debian: bookworm }\n'))
  mkdirSync(homeFolder(), { recursive: true })
  copyFileSync(tools, join(homeFolder(), 'tools.json'))
})
afterAll(() => project[Symbol.dispose]())

/** The outputs of a stack that a program makes. Its outputs are those of the image. */
async function update(stack: string, program: () => unknown): Promise<Readonly<Record<string, unknown>>> {
  const engine = await openProjectEngine()
  await (await engine.openStack(stack)).up(async () => program() as Record<string, unknown>, { message: 'test', signal })
  return (await engine.findState(stack))?.outputs ?? {}
}

test('a channel keeps its image until its own program runs again, and is not a build', { timeout: 240_000 }, async () => {
  const promoteVersion = async (version: string): Promise<void> =>
    promote(await openProjectEngine(), sampleLatestGood({ family: 'web', version, imageId: `web-${version}` }), { signal })
  await promoteVersion('2026.11.23')
  const moved = await update('web.stable', () => latestGood('web'))
  expect(moved).toMatchObject({ imageId: 'web-2026.11.23', family: 'web' })
  await promoteVersion('2026.11.24')
  const read = await update('reader', () => ({
    newest: latestGood('web').version,
    stable: latestGood('web', { channel: 'stable' }).imageId,
  }))
  expect(read).toMatchObject({ newest: '2026.11.24', stable: 'web-2026.11.23' })
  const { ended, unfinished } = await findKnownBuilds(await openProjectEngine(), { kept: false, dryRun: true })
  expect([ended.size, unfinished.size]).toEqual([0, 0])
})

test.each(['', 'Stable', '../web', 'a.b'])('the channel %j is an error', (channel) => {
  expect(() => latestGood('web', { channel })).toThrow('Expected the name of a channel')
})
