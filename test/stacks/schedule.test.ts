import { runtime } from '@pulumi/pulumi'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { buildMinutes, renderBuildspec, renderReapspec, scheduleProgram } from '../../stacks/schedule/program.ts'
import { makeFamily } from '../helpers/family.ts'

const spec = {
  ...{ family: 'web', expression: 'cron(0 4 ? * SUN *)', timezone: 'UTC', repository: 'https://example.org/images', branch: 'main' },
  ...{ backend: 's3://state', secretsProvider: 'awskms://alias/k', kmsKeyArn: 'arn:aws:kms:::k' },
  ...{ timeoutMinutes: 240, reapExpression: 'rate(1 day)' },
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
  expect(find('project')).toMatchObject({ concurrentBuildLimit: 1, serviceRole: 'arn:baker', buildTimeout: 240 })
  expect(find('weekly')).toMatchObject({ scheduleExpression: spec.expression, target: { arn: 'arn:project', roleArn: 'arn:starter' } })
  expect(find('reap')).toMatchObject({ scheduleExpression: 'rate(1 day)', target: { arn: 'arn:reaper', roleArn: 'arn:starter' } })
  expect(find('reaper')).toMatchObject({ serviceRole: 'arn:baker', source: { buildspec: renderReapspec('web') } })
  expect(JSON.parse(String(find('start').policy)).Statement[0].Resource).toEqual(['arn:project', 'arn:reaper'])
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
  expect(phases.post_build?.commands).toEqual(['npm run bake -- reap --family web --cloud aws', 'npm run bake -- history web'])
  expect(parse(renderReapspec('web'))).toMatchObject({ phases: { build: { commands: phases.post_build?.commands.slice(0, 1) } } })
})

test('the time-out of the project is longer than the longest build of the family', () => {
  const long = { login: { timeout: '30m' }, configure: { timeout: '2h' }, seal: { timeout: '45m' }, verify: { timeout: '45m' } }
  // Two logins, three steps, one hour for images, and one hour for set-up.
  expect(buildMinutes(makeFamily(long))).toBe(30 + 30 + 120 + 45 + 45 + 60 + 60)
  expect(() => buildMinutes(makeFamily({ configure: { timeout: '36h' } }))).toThrow('CodeBuild ends every build after 2160 min')
})
