import { afterEach, expect, it, vi } from 'vitest'
import { findProviderConfig } from '../../src/cloud/clouds.ts'

afterEach(() => vi.unstubAllEnvs())

it.each([
  ['', '12'],
  ['5', '5'],
])('the AWS provider of all stacks makes as many attempts as the SDK (AWS_MAX_ATTEMPTS=%s)', async (variable, attempts) => {
  vi.stubEnv('AWS_MAX_ATTEMPTS', variable)
  expect(await findProviderConfig()).toEqual({ 'aws:maxRetries': attempts })
})
