import { Project } from '@pulumi/aws/codebuild/project.js'
import { Role } from '@pulumi/aws/iam/role.js'
import { RolePolicy } from '@pulumi/aws/iam/rolePolicy.js'
import { Schedule } from '@pulumi/aws/scheduler/schedule.js'
import { interpolate } from '@pulumi/pulumi'
import { stringify } from 'yaml'
import { bakePolicy, type PolicyScope } from '../../src/cloud/aws/policy.ts'

/** Settings: what to build and when, and the places of source and state. */
export interface ScheduleSpec {
  readonly family: string
  /** A schedule of EventBridge Scheduler: `cron(0 4 ? * SUN *)`. */
  readonly expression: string
  readonly timezone: string
  /** A Git repository that CodeBuild can read. */
  readonly repository: string
  readonly branch: string
  /** URL of the state backend: `s3://…`. */
  readonly backend: string
  /** Secrets provider of the state: `awskms://…`. */
  readonly secretsProvider: string
  /** ARN of the key, for the permissions. */
  readonly kmsKeyArn: string
  /** Minutes. The time-outs of the family should end the build earlier. */
  readonly timeoutMinutes: number
}

/** A weekly build on AWS: a schedule starts a CodeBuild project, one build at a time, with minimal permissions. */
export function scheduleProgram(spec: ScheduleSpec): () => Promise<Record<string, unknown>> {
  return async () => {
    const name = `bakehouse-${spec.family}`
    const baker = role('baker', name, 'codebuild.amazonaws.com')
    const project = new Project('project', projectArguments(name, spec, baker))
    const permissions = [...bakePolicy(policyScope(spec)).Statement, ...keyStatements(spec), ...logStatements()]
    new RolePolicy('bake', { role: baker.name, policy: JSON.stringify({ Version: '2012-10-17', Statement: permissions }) })
    const starter = role('starter', `${name}-schedule`, 'scheduler.amazonaws.com')
    const start = interpolate`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"codebuild:StartBuild","Resource":"${project.arn}"}]}`
    new RolePolicy('start', { role: starter.name, policy: start })
    const schedule = new Schedule('weekly', {
      name,
      scheduleExpression: spec.expression,
      scheduleExpressionTimezone: spec.timezone,
      flexibleTimeWindow: { mode: 'FLEXIBLE', maximumWindowInMinutes: 15 },
      target: { arn: project.arn, roleArn: starter.arn, retryPolicy: { maximumRetryAttempts: 2 } },
    })
    return { project: project.name, schedule: schedule.name }
  }
}

function role(resource: string, name: string, service: string): Role {
  const trust = { Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }
  return new Role(resource, { name, assumeRolePolicy: JSON.stringify({ Version: '2012-10-17', Statement: [trust] }) })
}

function projectArguments(name: string, spec: ScheduleSpec, baker: Role) {
  const variable = (key: string, value: string) => ({ name: key, value })
  return {
    name,
    serviceRole: baker.arn,
    // Only one build per family at a time: a second one waits.
    concurrentBuildLimit: 1,
    buildTimeout: spec.timeoutMinutes,
    source: { type: 'GITHUB', location: spec.repository, gitCloneDepth: 1, buildspec: renderBuildspec(spec.family) },
    sourceVersion: spec.branch,
    artifacts: { type: 'NO_ARTIFACTS' },
    environment: {
      type: 'LINUX_CONTAINER',
      computeType: 'BUILD_GENERAL1_SMALL',
      image: 'aws/codebuild/standard:7.0',
      environmentVariables: [variable('PULUMI_BACKEND_URL', spec.backend), variable('BAKEHOUSE_SECRETS_PROVIDER', spec.secretsProvider)],
    },
  }
}

/** The commands of CodeBuild. `reap` also runs if the build fails. */
export function renderBuildspec(family: string): string {
  return stringify({
    version: 0.2,
    phases: {
      install: { 'runtime-versions': { nodejs: 22 } },
      build: { commands: [`npm run bake -- --family ${family} --cloud aws`] },
      post_build: { commands: [`npm run bake -- reap --family ${family} --cloud aws`] },
    },
  })
}

/** The project may publish only its family, and write only the state of that. */
function policyScope({ family, backend, kmsKeyArn }: ScheduleSpec): PolicyScope {
  return { partition: kmsKeyArn.split(':')[1] ?? '', family, state: backend }
}

function keyStatements({ kmsKeyArn }: ScheduleSpec): object[] {
  return [{ Sid: 'StateSecrets', Effect: 'Allow', Action: ['kms:Encrypt', 'kms:Decrypt'], Resource: kmsKeyArn }]
}

function logStatements(): object[] {
  const Action = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents']
  return [{ Sid: 'Logs', Effect: 'Allow', Action, Resource: 'arn:aws:logs:*:*:log-group:/aws/codebuild/bakehouse-*' }]
}
