import { runtime } from '@pulumi/pulumi'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { renderBuildspec, scheduleProgram } from '../../stacks/schedule/program.ts'

const spec = {
  ...{ family: 'web', expression: 'cron(0 4 ? * SUN *)', timezone: 'UTC', repository: 'https://example.org/images', branch: 'main' },
  ...{ backend: 's3://state', secretsProvider: 'awskms://alias/k', kmsKeyArn: 'arn:aws:kms:::k' },
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
  const written = Statement.filter(({ Action }) => Action.some((action) => /^s3:Put|^ssm:Put/.test(action))).flatMap(
    ({ Resource }) => Resource,
  )
  expect(written.length).toBeGreaterThan(1)
  expect(
    written.filter((resource) => !/\bweb\b/.test(String(resource))),
    'another family',
  ).toEqual([])
})

test('reap runs after every build', () => {
  const { phases } = parse(renderBuildspec('web')) as { phases: Record<string, { commands: string[] }> }
  expect(phases.build?.commands).toEqual(['npm run bake -- --family web --cloud aws'])
  expect(phases.post_build?.commands).toEqual(['npm run bake -- reap --family web --cloud aws'])
})
