import { readFileSync } from 'node:fs'
import { Config, getStack } from '@pulumi/pulumi'
import { vmProgram } from './program.ts'

const config = new Config()
const identityFile = config.require('identityFile')

/** The program for `pulumi up` in this folder. Its settings come from the configuration of the stack. */
const outputs = await vmProgram({
  family: config.require('family'),
  memory: config.getNumber('memory') ?? 1024,
  user: config.get('user') ?? 'root',
  publicKey: readFileSync(`${identityFile}.pub`, 'utf8').trim(),
  identityFile,
  knownHostsFile: `${identityFile}.known-hosts-${getStack()}`,
})()

export const { imageId, version, address, port, login } = outputs
