import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runtime } from '@pulumi/pulumi'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { readFamily } from '../../src/family/read-family.ts'
import { longestBake } from '../../src/model/lifetime.ts'
import { renderBuildspec, scheduleProgram } from '../../stacks/schedule/program.ts'

const spec = {
  ...{ family: 'web', expression: 'cron(0 4 ? * SUN *)', timezone: 'UTC', repository: 'https://example.org/images', branch: 'main' },
  ...{ backend: 's3://state', secretsProvider: 'awskms://alias/k', kmsKeyArn: 'arn:aws:kms:::k', bucketArn: 'arn:aws:s3:::state' },
  timeoutMinutes: 240,
}

test('a schedule starts one build at a time, with only the permissions of a build', async () => {
  const made: { type: string; name: string; inputs: Record<string, unknown> }[] = []
  await runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
      made.push({ type, name, inputs })
      return { id: `${name}-id`, state: { ...inputs, arn: `arn:${name}` } }
    },
    call: () => ({}),
  })
  await runtime.runInPulumiStack(scheduleProgram(spec))
  const find = (name: string) => made.find((each) => each.name === name)?.inputs ?? {}
  expect(find('project')).toMatchObject({ concurrentBuildLimit: 1, serviceRole: 'arn:baker' })
  expect(find('weekly')).toMatchObject({ scheduleExpression: spec.expression, target: { arn: 'arn:project', roleArn: 'arn:starter' } })
  const { Statement } = JSON.parse(String(find('bake').policy)) as { Statement: { Action: string[]; Resource: unknown }[] }
  expect(Statement.flatMap(({ Action }) => Action).filter((action) => action.includes('*'))).toEqual([])
})

test('reap runs after every build', () => {
  const { phases } = parse(renderBuildspec('web')) as { phases: Record<string, { commands: string[] }> }
  expect(phases.build?.commands).toEqual(['npm run bake -- --family web --cloud aws'])
  expect(phases.post_build?.commands).toEqual(['npm run bake -- reap --family web --cloud aws'])
})

test('the time limit of the workflow is at least the longest build of each of its families', async () => {
  const { jobs } = parse(readFileSync(join(import.meta.dirname, '../../.github/workflows/bake.yml'), 'utf8'))
  const [, list = '[]'] = /\|\| '(\[.*\])'/.exec(jobs.bake.strategy.matrix.family) ?? []
  const families = JSON.parse(list) as string[]
  expect(families).not.toEqual([])
  for (const name of families) {
    const needed = longestBake(await readFamily(name, { cloud: 'aws' })) / 60_000
    expect(jobs.bake['timeout-minutes'], `${name} may take ${needed} minutes: set timeout-minutes`).toBeGreaterThanOrEqual(needed)
  }
})

test('the workflow never cancels a running build, always runs reap, and has no long-lived credentials', () => {
  const text = readFileSync(join(import.meta.dirname, '../../.github/workflows/bake.yml'), 'utf8')
  const { jobs, on, permissions } = parse(text)
  expect(Object.keys(on)).toEqual(['schedule', 'workflow_dispatch'])
  expect(permissions).toEqual({ contents: 'read', 'id-token': 'write' })
  // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of GitHub Actions
  expect(jobs.bake.concurrency).toEqual({ group: 'bake-${{ matrix.family }}', 'cancel-in-progress': false })
  const reap = jobs.bake.steps.find(({ run }: { run?: string }) => run?.includes('reap'))
  expect(reap.if).toBe('always()')
  expect(text).not.toMatch(/secrets\.|ACCESS_KEY/)
})
