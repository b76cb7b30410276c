import { Config } from '@pulumi/pulumi'
import { readFamily } from '../../src/bakehouse.ts'
import { buildMinutes, scheduleProgram } from './program.ts'

const config = new Config()
const family = await readFamily(config.require('family'), 'aws')

/** The program for `pulumi up` in this folder. Its settings come from the configuration of the stack. */
const outputs = await scheduleProgram({
  family: family.name,
  expression: config.get('expression') ?? 'cron(0 4 ? * SUN *)',
  timezone: config.get('timezone') ?? 'UTC',
  repository: config.require('repository'),
  branch: config.get('branch') ?? 'main',
  backend: config.require('backend'),
  secretsProvider: config.require('secretsProvider'),
  kmsKeyArn: config.require('kmsKeyArn'),
  reapExpression: config.get('reapExpression') ?? 'rate(1 day)',
  timeoutMinutes: config.getNumber('timeoutMinutes') ?? buildMinutes(family),
})()

export const { project, schedule } = outputs
