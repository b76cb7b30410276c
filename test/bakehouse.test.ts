import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import * as bakehouse from '../src/bakehouse.ts'
import { verbs } from '../src/cli/verbs.ts'
import { run } from '../src/core/exec.ts'
import { homeFolder, sourceFolder } from '../src/core/paths.ts'
import { familyFiles, makeProject } from './family/project.ts'

/** The function of the library for each verb of the command line. */
const functions: Readonly<Record<string, unknown>> = {
  bake: bakehouse.bake,
  plan: bakehouse.planFamilies,
  history: bakehouse.history,
  show: bakehouse.readBuild,
  doctor: bakehouse.checkProject,
  init: bakehouse.makeFamily,
  families: bakehouse.readFamilies,
  config: bakehouse.readSettings,
  setup: bakehouse.prepareTools,
  reap: bakehouse.reap,
  consumers: bakehouse.findConsumers,
}

describe('the library', () => {
  test('has a function for each verb of the command line, except completion and other programs', () => {
    const own = verbs.filter(({ program }) => program === undefined)
    const names = own.map(({ command }) => command.split(' ')[0] ?? '').filter((name) => name !== 'completion')
    expect(names.filter((name) => typeof functions[name] !== 'function')).toEqual([])
  })

  test('loads no other file before a function is called, and can be required from CommonJS', async () => {
    const script = `require(${JSON.stringify(join(sourceFolder(), 'bakehouse.ts'))}); console.log(Object.keys(require.cache).length)`
    const { stdout, exitCode, stderr } = await run(process.execPath, ['--input-type=commonjs', '-e', script])
    expect([exitCode, stdout.trim()], stderr).toEqual([0, expect.stringMatching(/^[01]$/)])
    const source = readFileSync(join(sourceFolder(), 'bakehouse.ts'), 'utf8')
    expect(source.match(/^import (?!type)/gm)).toBeNull()
  })

  test('bake tells its progress as events, and ends when its signal is aborted', { timeout: 240_000 }, async () => {
    const tools = join(homeFolder(), 'tools.json')
    using project = makeProject(familyFiles('web', 'base: { debian: bookworm, variant: lean }\n'))
    project.write('.bakehouse/tools.json', readFileSync(tools))
    const abort = new AbortController()
    const events: string[] = []
    const request = { family: 'web', keep: 'never', dryRun: false, ifChanged: false, prove: false } as const
    const outcomes = await bakehouse.bake([request], {
      signal: abort.signal,
      onEvent(family, event) {
        events.push(`${family} ${event.type}`)
        abort.abort()
      },
    })
    expect(outcomes).toMatchObject([{ family: 'web', status: 'cancelled' }])
    expect(events[0]).toMatch(/^web /)
    expect(events.at(-1)).toBe('web ended')
    expect(await bakehouse.latestGood('web')).toBeUndefined()
  })

  test('creates a family and lists it; readBuild says that it has no builds yet', async () => {
    using _project = makeProject({})
    expect(await bakehouse.listFamilies()).toEqual([])
    const { files } = await bakehouse.makeFamily('linux-db')
    expect(files).toContain('family.yaml')
    expect(await bakehouse.listFamilies()).toEqual(['linux-db'])
    expect((await bakehouse.history('linux-db')).records).toEqual([])
    await expect(bakehouse.readBuild('linux-db')).rejects.toThrow('linux-db has no builds yet')
    await expect(bakehouse.readBuild('linux-d')).rejects.toThrow('Expected a family (linux-db), got "linux-d"')
  })
})
