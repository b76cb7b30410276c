import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { type InstantCloud, openInstantCloud } from '../../bench/instant-cloud.ts'
import { type RunResult, run } from '../../src/core/exec.ts'
import { homeFolder, sourceFolder } from '../../src/core/paths.ts'
import { renderBuildspec } from '../../stacks/schedule/program.ts'
import { createBucket, createKey } from '../aws/create.ts'
import { countEngineRuns } from '../helpers/engine-runs.ts'
import { reapedIn } from '../helpers/reaped.ts'

const root = join(sourceFolder(), '..')
let cloud: InstantCloud
/** The variables that name a state and what encrypts its secrets. */
let places: Record<'bucket' | 'folder' | 'key' | 'passphrase', Record<string, string>>

beforeAll(async () => {
  cloud = await openInstantCloud(3)
  await createBucket(cloud.gateway.target, 'state')
  mkdirSync(join(cloud.folder, 'state'))
  writeFileSync(join(cloud.folder, 'passphrase'), 'open sesame\n')
  const host = new URL(cloud.gateway.target).host
  places = {
    bucket: { PULUMI_BACKEND_URL: `s3://state?endpoint=${host}&disableSSL=true&s3ForcePathStyle=true&region=eu-central-1` },
    folder: { PULUMI_BACKEND_URL: `file://${join(cloud.folder, 'state')}` },
    key: { BAKEHOUSE_SECRETS_PROVIDER: `awskms:///${await createKey(cloud.gateway.target)}?region=eu-central-1` },
    passphrase: { PULUMI_CONFIG_PASSPHRASE_FILE: join(cloud.folder, 'passphrase') },
  }
})
afterAll(() => cloud[Symbol.asyncDispose]())

/** Runs a command in the clone, on a computer whose home folder is empty at first. */
type RunOn = (computer: string, command: string, more?: Record<string, string>) => Promise<RunResult>

function runWith(state: Record<string, string>): RunOn {
  return (computer, command, more = {}) => {
    const home = makeHome(computer)
    return run('bash', ['-e', '-c', command], { cwd: root, env: { ...cloud.env, ...state, BAKEHOUSE_HOME: home, ...more } })
  }
}

function homeOf(computer: string): string {
  return join(cloud.folder, computer)
}

function makeHome(computer: string): string {
  const home = homeOf(computer)
  if (existsSync(home)) return home
  mkdirSync(home)
  cpSync(join(homeFolder(), 'tools.json'), join(home, 'tools.json'))
  return home
}

/** A command of Bakehouse, without a new set-up. */
const bakehouse = (...words: readonly string[]): string => `'${process.execPath}' src/bake.ts ${words.join(' ')}`

/** What `show --log` prints. */
const logs = /^==> logs\/configure\.log <==\n[\s\S]*==> logs\/verify\.log <==\n[\s\S]*goss \(exit code 0\)/

/** Expects that a computer knows all builds of a family, reads the logs of the newest one, and finds nothing to delete. */
async function expectKnown(on: RunOn, computer: string, family: string, statuses: readonly string[]): Promise<void> {
  const listed = await on(computer, bakehouse('history', family, '--json'))
  expect(statusesIn(listed), `${computer}: ${listed.stderr}`).toEqual(statuses)
  const log = await on(computer, bakehouse('show', family, '--log'))
  expect(log.stdout, `${computer}: ${log.stderr}`).toMatch(logs)
  const reaped = await on(computer, bakehouse('reap', '--family', family, '--cloud', 'aws', '--json'))
  expect([reaped.exitCode, reapedIn(reaped)], `${computer}: ${reaped.stderr}`).toEqual([0, []])
  expect(existsSync(join(homeOf(computer), 'passphrase')), `${computer}: no passphrase is made for a shared state`).toBe(false)
}

function statusesIn({ stdout }: RunResult): string[] {
  return (JSON.parse(stdout || '[]') as { status: string }[]).map(({ status }) => status)
}

/** The runs of the engine for the build lock, and in a build of a family that was built before. Those with a comment write the record. */
const runsOfLock = ['stack init', 'stack tag', 'stack rm']
const runsOfPromoted = ['stack export', 'stack init', 'stack import' /* at the begin */, 'up', 'up', 'up']
const runsOfRejected = ['stack export', 'stack init', 'stack import' /* at the begin */, 'up', 'destroy', 'stack import' /* at the end */]

// A folder with a passphrase: shared-folder.aws.test.ts. A bucket with a key of KMS: below.
test.each([
  ['folder', 'key', 1],
  ['bucket', 'passphrase', 2],
] as const)('computers that start empty know the builds of each other, by a state in a %s, with a %s', async (place, secrets, index) => {
  const [on, family] = [runWith({ ...places[place], ...places[secrets] }), cloud.families[index] ?? '']
  const computers = ['one', 'two', 'three'].map((name) => `${place}-${name}`)
  for (const [which, computer] of computers.entries()) {
    const isLast = which === computers.length - 1
    const runs = countEngineRuns(makeHome(computer))
    const baked = await on(computer, bakehouse('--family', family), { INSTANT_CASES: isLast ? '2' : '3' })
    expect([baked.exitCode, baked.stderr], baked.stderr).toEqual(
      isLast ? [10, expect.stringContaining('expected at least 3')] : [0, expect.any(String)],
    )
    // The first build creates the stack of the family.
    if (which > 0) expect(runs().sort()).toEqual([...runsOfLock, ...(isLast ? runsOfRejected : runsOfPromoted)].sort())
  }
  for (const computer of computers) await expectKnown(on, computer, family, ['failed', 'promoted', 'promoted'])
})

interface Step {
  readonly if?: string
  readonly run?: string
}

/** Runs the commands of the workflow as GitHub does: after a failure, only those with `if: always()`. Returns their results. */
async function runWorkflow(on: RunOn, runner: string, { family, cases }: Record<'family' | 'cases', string>) {
  const workflow = parse(readFileSync(join(root, '.github/workflows/bake.yml'), 'utf8'))
  const steps = (workflow.jobs.bake.steps as Step[]).filter((step) => !step.if?.includes('env.CLOUD'))
  const results: { command: string; result: RunResult }[] = []
  for (const { run: command, if: condition } of steps) {
    const isFailed = results.some(({ result }) => result.exitCode !== 0)
    if (command === undefined || (isFailed && condition !== 'always()')) continue
    const result = await on(runner, command, { FAMILY: family, CLOUD: 'aws', INSTANT_CASES: cases })
    results.push({ command, result })
  }
  return results
}

test('jobs that start empty know the builds of each other, by the workflow for GitHub and by the schedule on AWS', async () => {
  const [on, family] = [runWith({ ...places.bucket, ...places.key }), cloud.families[0] ?? '']
  const first = await runWorkflow(on, 'github-1', { family, cases: '3' })
  for (const { command, result } of first) expect(result.exitCode, `${command}\n${result.stdout}\n${result.stderr}`).toBe(0)
  expect(first.map(({ result }) => result.stdout).join('\n')).toMatch(/promoted in/)

  const second = await runWorkflow(on, 'github-2', { family, cases: '2' })
  expect(second.map(({ command, result }) => [/bake -- \S+/.exec(command)?.[0], result.exitCode])).toEqual([
    [undefined, 0],
    ['bake -- --family', 10],
    ['bake -- reap', 0],
    ['bake -- history', 0],
  ])
  const [, bake, , listed] = second.map(({ result }) => result)
  expect(bake?.stderr, 'fewer test cases than the job before').toMatch(/expected at least 3/)
  expect(listed?.stdout, 'the history has both builds').toMatch(/failed[\s\S]*promoted \*/)

  const { phases } = parse(renderBuildspec(family)) as { phases: Record<'build' | 'post_build', { commands: string[] }> }
  const build = await on('codebuild', phases.build.commands[0] ?? '', { INSTANT_CASES: '2' })
  expect([build.exitCode, build.stderr], 'fewer test cases than the job before').toEqual([10, expect.stringMatching(/expected at least 3/)])
  const [reap = '', history = ''] = phases.post_build.commands
  expect((await on('codebuild', reap)).exitCode).toBe(0)
  expect((await on('codebuild', history)).stdout).toMatch(/failed[\s\S]*failed[\s\S]*promoted \*/)

  for (const runner of ['github-1', 'github-2', 'codebuild', 'laptop'])
    await expectKnown(on, runner, family, ['failed', 'failed', 'promoted'])
  const listedAsJson = await on('laptop', bakehouse('history', family, '--json'))
  const builds = JSON.parse(listedAsJson.stdout) as { version: string; latestGood: boolean }[]
  expect(builds.map(({ latestGood }) => latestGood)).toEqual([false, false, true])
  const shown = await on('laptop', bakehouse('show', family))
  expect(shown.stdout).toContain(`${family} ${builds[0]?.version}: failed`)
  expect(shown.stdout).toContain(`s3://state/artifacts/${family}/${builds[0]?.version}-`)
  const good = await on('laptop', bakehouse('show', family, builds[2]?.version ?? '', '--log'))
  expect(good.stdout, good.stderr).toMatch(logs)
  expect(existsSync(join(homeOf('laptop'), 'builds'))).toBe(false)
})
