import { Config } from '@pulumi/pulumi'
import { scheduleProgram } from './program.ts'

const config = new Config()

/** The program for `pulumi up` in this folder. Its settings come from the configuration of the stack. */
const outputs = await scheduleProgram({
  family: config.require('family'),
  expression: config.get('expression') ?? 'cron(0 4 ? * SUN *)',
  timezone: config.get('timezone') ?? 'UTC',
  repository: config.require('repository'),
  branch: config.get('branch') ?? 'main',
  backend: config.require('backend'),
  secretsProvider: config.require('secretsProvider'),
  kmsKeyArn: config.require('kmsKeyArn'),
  timeoutMinutes: config.getNumber('timeoutMinutes') ?? 240,
})()

export const { project, schedule } = outputs
