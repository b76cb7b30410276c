import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { onSignals } from '../../src/cli/cancel.ts'
import { chooseFamilies } from '../../src/cli/choose-families.ts'
import { explainMisuse } from '../../src/cli/explain-misuse.ts'
import { reapCommandLine } from '../../src/cli/reap-command.ts'
import { reportFailed } from '../../src/cli/reap-verb.ts'
import { renderFailure } from '../../src/cli/render-outcome.ts'
import { sourceFolder } from '../../src/core/paths.ts'
import { vmCommandLine } from '../../src/core/program.ts'
import { readTools } from '../../src/core/tools.ts'
import { explainFailure, refuseLock } from '../../src/engine/explain-failure.ts'
import { makeFamily } from '../../src/family/make-family.ts'
import { requireFamily } from '../../src/family/names.ts'
import { readFamily } from '../../src/family/read-family.ts'
import { readSecrets } from '../../src/family/secrets.ts'
import { findConsumers } from '../../src/life/consumers.ts'
import type { Reaped } from '../../src/model/leftover.ts'
import type { BakeOutcome } from '../../src/model/outcome.ts'
import { requireOutput } from '../../src/model/outputs.ts'
import type { BakeRequest } from '../../src/model/request.ts'
import { findBuild, refuseBuild } from '../../src/records/find-build.ts'
import { acquireSharedBuildLock, ownerHere } from '../../src/records/shared-build-lock.ts'
import { readRecord } from '../../src/records/store.ts'
import { wordsOf } from '../../src/report/words.ts'
import { hintForSuites } from '../../src/steps/verify-hint.ts'
import { familyFiles, makeProject } from '../family/project.ts'
import { captureOutput } from '../helpers/capture-output.ts'
import { failedRecord } from '../records/sample.ts'

const secret = 'configure: { secrets: { token: { env: WEB_TOKEN } } }\n'
const files = {
  ...familyFiles('linux-web', 'base: { debian: bookworm }\n'),
  ...familyFiles('with-secret', `base: { debian: bookworm }\n${secret}`),
}
let project: ReturnType<typeof makeProject>
/** The settings that choose the project, and those that choose project and state, as assignments for a shell. */
let settings: { readonly project: string; readonly state: string }

beforeEach(() => {
  project = makeProject(files)
  vi.stubEnv('PULUMI_BACKEND_URL', 's3://state?region=x')
  const chosen = `BAKEHOUSE_PROJECT=${project.folder} BAKEHOUSE_HOME=${project.folder}/.bakehouse`
  settings = { project: chosen, state: `PULUMI_BACKEND_URL='s3://state?region=x' ${chosen}` }
})
afterEach(() => {
  vi.unstubAllEnvs()
  project[Symbol.dispose]()
})

/** The hint of the error that this throws or returns, or the text that it returns. */
async function hintOf(act: () => unknown): Promise<string> {
  const result = await Promise.resolve()
    .then(act)
    .catch((error: unknown) => error)
  if (typeof result === 'string') return result
  return (result as { readonly hint?: string } | undefined)?.hint ?? `no hint: ${String(result)}`
}

const trouble = { phase: undefined, left: ['instance i-1'], suites: [], weakSuites: [] }
const lockedElsewhere = {
  isShared: true,
  createStack: async () => undefined,
  findStack: async () => ({ findLabel: async () => JSON.stringify(ownerHere(new Date(Date.now() + 60_000).toISOString())) }),
} as never
const failedBuild = {
  ...{ family: 'linux-web', version: '2026.11.23', cloud: 'aws', status: 'failed', phases: [], durationMs: 0, left: ['instance i-1'] },
  ...{ error: { message: 'no', exitCode: 10 }, kept: ['ssh …'] },
} as BakeOutcome
const request: BakeRequest = { family: 'linux-web', cloud: 'aws', keep: 'never', dryRun: false, ifChanged: false, prove: true }

async function printedBy(act: () => unknown): Promise<string> {
  const { stdout, stderr } = await captureOutput(async () => {
    await act()
    return 0
  })
  return stdout + stderr
}

/** What the second of two signals prints. */
function toldBySecondSignal(): string {
  const told: string[] = []
  const exit = vi.spyOn(process, 'exit').mockImplementation((() => {}) as never)
  using _handlers = onSignals((text) => told.push(text), reapCommandLine(['linux-web']))
  for (let count = 1; count <= 2; count++) process.emit('SIGINT')
  exit.mockRestore()
  return told[1] ?? ''
}

describe('a command in a hint has the backend, the project and the family, so that it works in another shell', () => {
  it.each<[string, () => unknown, string]>([
    ['two signals', toldBySecondSignal, 'reap --family linux-web'],
    ['leftovers of several families', () => reapCommandLine(['a', 'b']), 'reap'],
    ['leftovers of a cancelled build', () => wordsOf({ kind: 'cancelled', ...trouble }, 'linux-web'), 'reap --family linux-web'],
    ['leftovers of a failed build', () => renderFailure(failedBuild, request).join('\n'), 'reap --family linux-web'],
    ['kept machines', () => renderFailure(failedBuild, request).join('\n'), 'reap --kept --family linux-web'],
    ['a failed build', () => renderFailure(failedBuild, request).join('\n'), '--family linux-web --cloud aws --prove --keep failed'],
    ['failed tests', () => hintForSuites('linux-web', [...failedRecord().suites, ...failedRecord().suites]), 'show linux-web'],
    [
      'leftovers that cannot be removed',
      () => printedBy(() => reportFailed([{ action: 'failed' } as Reaped], ['--kept', '--family', 'linux-web'])),
      'reap --kept --family linux-web',
    ],
    ['a family without builds', () => refuseBuild('linux-web', undefined), '--family linux-web'],
    ['an unknown version', () => findBuild({ records: [failedRecord()], damaged: [] }, 'linux-web', 'x'), 'history linux-web'],
    ['a missing record', () => readRecord('/nonexistent'), 'history'],
    ['a build lock', () => acquireSharedBuildLock(lockedElsewhere, 'linux-web', 'never'), 'reap --family linux-web'],
    ['a family without an image', () => findConsumers({ findState: async () => undefined } as never, 'linux-web'), '--family linux-web'],
    ['a missing output', () => requireOutput({}, 'imageId'), '--family <family>'],
    ['a family that exists', () => makeFamily('linux-web'), '--family linux-web'],
    ['a missing secret', async () => readSecrets(await readFamily('with-secret'), {}), '--family with-secret'],
    ['a family as the verb', () => explainMisuse('Unknown argument: linux-web', ['linux-web']), '--family linux-web'],
  ])('after %s', async (_cause, act, command) => {
    expect(await hintOf(act)).toContain(`${settings.state} npm run bake -- ${command}`)
  })

  it.each<[string, () => unknown, string]>([
    ['a build lock', () => acquireSharedBuildLock(lockedElsewhere, 'linux-web', 'never'), 'npm run pulumi -- stack rm lease.linux-web'],
    ['the lock of a stack', () => refuseLock('linux-web', 120, undefined), 'npm run pulumi -- cancel linux-web'],
    ['a new family', () => vmCommandLine('up', '--family', 'linux-db'), 'npm run vm -- up --family linux-db'],
  ])('after %s, for another program', async (_cause, act, command) => {
    expect(await hintOf(act)).toContain(`${settings.state} ${command}`)
  })

  it.each<[string, () => unknown, string]>([
    ['an unknown family', () => requireFamily('other'), 'npm run bake -- init other'],
    ['an unknown family to read', () => readFamily('other'), 'npm run bake -- init other'],
    ['tools that are not set up', () => readTools(), 'npm run setup'],
  ])('after %s, where no state is needed', async (_cause, act, command) => {
    expect(await hintOf(act)).toContain(`: ${settings.project} ${command}`)
  })

  it('after no family', async () => {
    using empty = makeProject({})
    const chosen = `BAKEHOUSE_PROJECT=${empty.folder} BAKEHOUSE_HOME=${empty.folder}/.bakehouse`
    expect(await hintOf(() => chooseFamilies(undefined, { all: true }))).toContain(`: ${chosen} npm run bake -- init <family>`)
  })

  it('after a denied state in a bucket', () => {
    const { hint } = explainFailure('AccessDenied', { backend: 's3://state?region=x' }) ?? {}
    expect(hint).toContain("npm run aws:policy -- --state 's3://state?region=x'")
  })
})

it('only usage and --help name a command of this program without its settings', () => {
  const bare = /(?<![A-Za-z])commandLine\((?!\)|verb|undo|\.\.\.|.*--help)/
  const found = ['src', 'stacks'].flatMap((folder) => {
    const root = join(sourceFolder(), '..', folder)
    const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))
    return paths.flatMap((path) =>
      readFileSync(join(root, path), 'utf8')
        .split('\n')
        .filter((line) => bare.test(line))
        .map((line) => line.trim()),
    )
  })
  expect(found).toEqual([])
})
