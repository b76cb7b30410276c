import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fromStruct } from '../../../src/engine/plugin/properties.ts'
import { serveMethods } from '../../../src/engine/plugin/serve.ts'
import { findProviderProgram } from './find-program.ts'
import { bridge } from './lifecycle.ts'
import type { ProviderSettings } from './provider.ts'
import { configureResponse } from './responses.ts'

const sdk = createRequire(import.meta.url).resolve('@pulumi/aws/package.json')
const { version } = JSON.parse(readFileSync(sdk, 'utf8')) as { version: string }
const program = findProviderProgram()
if (program === undefined) throw new Error('no terraform-provider-aws: set BAKEHOUSE_TEST_AWS_PROVIDER to its path')

// The engine warns if this version differs from that of the SDK.
await serveMethods({ name: 'aws', version }, (signal) => {
  const settings: ProviderSettings = {}
  return {
    ...bridge(program, settings)(signal),
    configure: async (request) => {
      settings.maxRetries = fromStruct(request.getArgs()).maxRetries
      return configureResponse()
    },
  }
})
