import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { type InstantCloud, openInstantCloud } from '../../bench/instant-cloud.ts'
import { type RunResult, run } from '../../src/core/exec.ts'
import { homeFolder, sourceFolder } from '../../src/core/paths.ts'
import { renderBuildspec } from '../../stacks/schedule/program.ts'
import { createBucket, createKey } from '../aws/create.ts'

const root = join(sourceFolder(), '..')
let cloud: InstantCloud
let state: Record<string, string>
let family = ''

beforeAll(async () => {
  cloud = await openInstantCloud(1)
  family = cloud.families[0] ?? ''
  await createBucket(cloud.gateway.target, 'state')
  const host = new URL(cloud.gateway.target).host
  state = {
    PULUMI_BACKEND_URL: `s3://state?endpoint=${host}&disableSSL=true&s3ForcePathStyle=true&region=eu-central-1`,
    BAKEHOUSE_SECRETS_PROVIDER: `awskms:///${await createKey(cloud.gateway.target)}?region=eu-central-1`,
  }
}, 300_000)
afterAll(() => cloud[Symbol.asyncDispose]())

/** Runs a command of a CI job in the clone, with the empty home folder of its runner. */
function runInJob(runner: string, command: string, more: Record<string, string> = {}): Promise<RunResult> {
  const home = join(cloud.folder, runner)
  if (!existsSync(home)) {
    mkdirSync(home)
    cpSync(join(homeFolder(), 'tools.json'), join(home, 'tools.json'))
  }
  return run('bash', ['-e', '-c', command], { cwd: root, env: { ...cloud.env, ...state, BAKEHOUSE_HOME: home, ...more } })
}

interface Step {
  readonly if?: string
  readonly run?: string
}

/** Runs the commands of the workflow as GitHub does: after a failure, only those with `if: always()`. Returns their results. */
async function runWorkflow(runner: string, cases: string): Promise<{ command: string; result: RunResult }[]> {
  const workflow = parse(readFileSync(join(root, '.github/workflows/bake.yml'), 'utf8'))
  const steps = (workflow.jobs.bake.steps as Step[]).filter((step) => !step.if?.includes('env.CLOUD'))
  const results: { command: string; result: RunResult }[] = []
  for (const { run: command, if: condition } of steps) {
    const isFailed = results.some(({ result }) => result.exitCode !== 0)
    if (command === undefined || (isFailed && condition !== 'always()')) continue
    const result = await runInJob(runner, command, { FAMILY: family, CLOUD: 'aws', INSTANT_CASES: cases })
    results.push({ command, result })
  }
  return results
}

test('jobs that start empty know the builds of each other, by the workflow for GitHub and by the schedule on AWS', async () => {
  const first = await runWorkflow('github-1', '3')
  for (const { command, result } of first) expect(result.exitCode, `${command}\n${result.stdout}\n${result.stderr}`).toBe(0)
  expect(first.map(({ result }) => result.stdout).join('\n')).toMatch(/promoted in/)

  const second = await runWorkflow('github-2', '2')
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
  const build = await runInJob('codebuild', phases.build.commands[0] ?? '', { INSTANT_CASES: '2' })
  expect([build.exitCode, build.stderr], 'fewer test cases than the job before').toEqual([10, expect.stringMatching(/expected at least 3/)])
  const [reap = '', history = ''] = phases.post_build.commands
  expect((await runInJob('codebuild', reap)).stdout).toContain('Nothing to delete')
  expect((await runInJob('codebuild', history)).stdout).toMatch(/failed[\s\S]*failed[\s\S]*promoted \*/)

  const third = await runInJob('laptop', `npm run --silent bake -- history ${family} --json`)
  const builds = JSON.parse(third.stdout) as { status: string; latestGood: boolean; version: string }[]
  expect(builds.map(({ status, latestGood }) => [status, latestGood])).toEqual([
    ['failed', false],
    ['failed', false],
    ['promoted', true],
  ])
  const shown = await runInJob('laptop', `npm run --silent bake -- show ${family}`)
  expect(shown.stdout).toContain(`${family} ${builds[0]?.version}: failed`)
  expect(shown.stdout).toContain(`s3://state/artifacts/${family}/${builds[0]?.version}-`)
  for (const version of [builds[0]?.version, builds[2]?.version]) {
    const log = await runInJob('laptop', `npm run --silent bake -- show ${family} ${version} --log`)
    expect(log.stdout, log.stderr).toMatch(/^==> logs\/configure\.log <==\n[\s\S]*==> logs\/verify\.log <==\n[\s\S]*goss \(exit code 0\)/)
  }
  expect(existsSync(join(cloud.folder, 'laptop/builds'))).toBe(false)
  for (const runner of ['github-1', 'github-2', 'codebuild', 'laptop'])
    expect(existsSync(join(cloud.folder, runner, 'passphrase'))).toBe(false)
}, 900_000)
