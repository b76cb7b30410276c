import { type Output, runtime } from '@pulumi/pulumi'
import { expect, test } from 'vitest'
import { instanceInputs } from '../../../src/cloud/local/machines/spec.ts'
import { localResources } from '../../../src/cloud/local/resources.ts'
import { makeFamily } from '../../helpers/family.ts'

test('the provider accepts the inputs of a machine, and knows which build to tell what it sees', async () => {
  let made: Record<string, unknown> = {}
  await runtime.setMocks({
    call: () => ({}),
    newResource: ({ name, inputs }) => {
      made = inputs as Record<string, unknown>
      return { id: name, state: { ...inputs, host: {} } }
    },
  })
  const context = { family: makeFamily({}, { name: 'web' }), version: '1', build: 'b1', buildFolder: '/b', expires: '2026-11-27T20:00:00Z' }
  const key = { publicKey: 'k', identityFile: '/i', knownHostsFile: '/h' }
  await runtime.runInPulumiStack(async () => {
    const { host } = localResources.instance('trial-2', { context, stage: 'trial', image: 'image', warm: false, ...key }, {})
    await (host as Output<unknown> as unknown as { promise(): Promise<unknown> }).promise()
    return {}
  })
  const { instanceId: _id, host: _host, ...inputs } = made
  expect(instanceInputs.parse(inputs)).toMatchObject({ startedBy: { buildFolder: '/b', stage: 'trial', name: 'trial-2' } })
})
