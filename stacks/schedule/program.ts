import { Project } from '@pulumi/aws/codebuild/project.js'
import { Role } from '@pulumi/aws/iam/role.js'
import { RolePolicy } from '@pulumi/aws/iam/rolePolicy.js'
import { Schedule } from '@pulumi/aws/scheduler/schedule.js'
import { interpolate } from '@pulumi/pulumi'
import { stringify } from 'yaml'
import { bakePolicy, type PolicyScope } from '../../src/cloud/aws/policy.ts'
import { UsageError } from '../../src/core/errors.ts'
import type { Family } from '../../src/model/family.ts'
import { longestBuild } from '../../src/model/lifetime.ts'

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
  /** When leftovers of killed builds are deleted. */
  readonly reapExpression: string
  /** After these minutes, CodeBuild kills the build. See `buildMinutes`. */
  readonly timeoutMinutes: number
}

/** The longest time-out of CodeBuild, in minutes. */
const longestTimeout = 2160
/** Time for the set-up of tools and for `reap`, in minutes. */
const around = 60

/**
 * The time-out of the project for a family, in minutes: longer than its longest build, because a build that CodeBuild kills cannot delete
 * its machines. Throws UsageError if CodeBuild allows no build of that length.
 */
export function buildMinutes(family: Parameters<typeof longestBuild>[0] & Pick<Family, 'name'>): number {
  const minutes = Math.ceil(longestBuild(family) / 60_000) + around
  if (minutes <= longestTimeout) return minutes
  throw new UsageError(`A build of ${family.name} may take ${minutes} min, but CodeBuild ends every build after ${longestTimeout} min`, {
    hint: 'shorten the time-outs in family.yaml, or build on another CI service',
  })
}

/**
 * A weekly build on AWS: a schedule starts a CodeBuild project, one build at a time, with minimal permissions. A second project deletes the
 * leftovers of builds that were killed, on a schedule of its own: after a time-out, CodeBuild runs no further command of a build.
 */
export function scheduleProgram(spec: ScheduleSpec): () => Promise<Record<string, unknown>> {
  return async () => {
    const name = `bakehouse-${spec.family}`
    const baker = role('baker', name, 'codebuild.amazonaws.com')
    const project = new Project('project', {
      ...projectArguments(name, spec, baker),
      buildTimeout: spec.timeoutMinutes,
      source: sourceOf(spec, renderBuildspec(spec.family)),
    })
    const reaper = new Project('reaper', {
      ...projectArguments(`${name}-reap`, spec, baker),
      buildTimeout: around,
      source: sourceOf(spec, renderReapspec(spec.family)),
    })
    const permissions = [...bakePolicy(policyScope(spec)).Statement, ...keyStatements(spec), ...logStatements(spec)]
    new RolePolicy('bake', { role: baker.name, policy: JSON.stringify({ Version: '2012-10-17', Statement: permissions }) })
    const starter = role('starter', `${name}-schedule`, 'scheduler.amazonaws.com')
    const start = interpolate`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"codebuild:StartBuild","Resource":["${project.arn}","${reaper.arn}"]}]}`
    new RolePolicy('start', { role: starter.name, policy: start })
    const startProject = (target: Project, scheduleExpression: string) => ({
      scheduleExpression,
      scheduleExpressionTimezone: spec.timezone,
      flexibleTimeWindow: { mode: 'FLEXIBLE', maximumWindowInMinutes: 15 },
      target: { arn: target.arn, roleArn: starter.arn, retryPolicy: { maximumRetryAttempts: 2 } },
    })
    const schedule = new Schedule('weekly', { name, ...startProject(project, spec.expression) })
    new Schedule('reap', { name: `${name}-reap`, ...startProject(reaper, spec.reapExpression) })
    return { project: project.name, schedule: schedule.name, timeoutMinutes: spec.timeoutMinutes }
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
    // Only one build per family at a time: CodeBuild refuses a second one.
    concurrentBuildLimit: 1,
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

function sourceOf({ repository }: ScheduleSpec, buildspec: string) {
  return { type: 'GITHUB', location: repository, gitCloneDepth: 1, buildspec }
}

const install = { 'runtime-versions': { nodejs: 22 } }

/** The commands of CodeBuild. `reap` also runs if the build fails, but not after a time-out. */
export function renderBuildspec(family: string): string {
  return stringify({
    version: 0.2,
    phases: {
      install,
      build: { commands: [`npm run bake -- --family ${family} --cloud aws`] },
      post_build: { commands: [reapCommand(family), `npm run bake -- history ${family}`] },
    },
  })
}

/** The commands of the project that deletes leftovers. */
export function renderReapspec(family: string): string {
  return stringify({ version: 0.2, phases: { install, build: { commands: [reapCommand(family)] } } })
}

function reapCommand(family: string): string {
  return `npm run bake -- reap --family ${family} --cloud aws`
}

/** The project may publish only its family, and write only the state of that. */
function policyScope({ family, backend, kmsKeyArn }: ScheduleSpec): PolicyScope {
  return { partition: partitionOf(kmsKeyArn), family, state: backend }
}

function partitionOf(arn: string): string {
  return arn.split(':')[1] ?? ''
}

function keyStatements({ kmsKeyArn }: ScheduleSpec): object[] {
  return [{ Sid: 'StateSecrets', Effect: 'Allow', Action: ['kms:Encrypt', 'kms:Decrypt'], Resource: kmsKeyArn }]
}

function logStatements({ kmsKeyArn }: ScheduleSpec): object[] {
  const Action = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents']
  return [{ Sid: 'Logs', Effect: 'Allow', Action, Resource: `arn:${partitionOf(kmsKeyArn)}:logs:*:*:log-group:/aws/codebuild/bakehouse-*` }]
}
