import { Config } from '@pulumi/pulumi'
import { defined } from '../../src/core/defined.ts'
import { asgProgram } from './program.ts'

const config = new Config()
const imageId = config.get('imageId')

/** The program for `pulumi up` in this folder. Its settings come from the configuration of the stack. */
const outputs = await asgProgram({
  family: config.require('family'),
  region: new Config('aws').require('region'),
  subnetIds: config.requireObject<string[]>('subnetIds'),
  instanceType: config.get('instanceType') ?? 't3.small',
  minSize: config.getNumber('minSize') ?? 1,
  maxSize: config.getNumber('maxSize') ?? 3,
  targetGroupArns: config.getObject<string[]>('targetGroupArns') ?? [],
  alarms: config.getObject<string[]>('alarms') ?? [],
  checkpoints: config.getObject<number[]>('checkpoints') ?? [20, 100],
  checkpointDelaySeconds: config.getNumber('checkpointDelaySeconds') ?? 300,
  warmupSeconds: config.getNumber('warmupSeconds') ?? 120,
  ...defined({ imageId }),
})()

export const { groupName, templateVersion, imageId: image, version, upgrade } = outputs
