import { type Output, output, runtime } from '@pulumi/pulumi'
import { beforeEach, expect, test, vi } from 'vitest'
import { promotedCopy } from '../../../src/cloud/aws/copy-resources.ts'
import type { FinishRequest } from '../../../src/cloud/aws/finish.ts'
import { makeFamily } from '../../helpers/family.ts'

interface Registered {
  readonly name: string
  readonly inputs: Record<string, unknown>
}

let registered: Registered[]

beforeEach(async () => {
  vi.stubEnv('AWS_REGION', 'eu-central-1')
  registered = []
  await runtime.setMocks({
    call: () => ({}),
    newResource: ({ name, inputs }) => {
      registered.push({ name, inputs })
      return { id: `${name}-id`, state: { ...inputs, stdout: '' } }
    },
  })
})

/** Runs the program of a promoted image, and returns the inputs of its resources by name. */
async function copy(aws: object, expires: string): Promise<Record<string, Record<string, unknown>>> {
  const family = makeFamily({ cloud: 'aws', base: { amiId: 'ami-12345678' }, aws }, { name: 'web' })
  const context = { family, version: '2026.11.27', build: 'b1', buildFolder: '/b', expires }
  const tags = { tool: 'bakehouse', family: 'web', version: '2026.11.27', build: 'b1', stage: 'promoted', expires: '' } as const
  await runtime.runInPulumiStack(async () => {
    const { imagesByRegion } = promotedCopy('image', { context, name: 'web-2026.11.27', tags, source: output('ami-1') }, {})
    await (imagesByRegion as Output<unknown> as unknown as { promise(): Promise<unknown> }).promise()
    return {}
  })
  return Object.fromEntries(registered.map(({ name, inputs }) => [name, inputs]))
}

test('a build deprecates its image some days after it ended', async () => {
  const made = await copy({ deprecateAfterDays: 30 }, '2026-11-27T20:15:42Z')
  expect(made['image-copy']).toMatchObject({ deprecationTime: '2026-12-27T20:15:00Z' })
})

test('each copy expires until it is complete; the command that completes it has the tags that stay', async () => {
  const made = await copy({ regions: { 'eu-west-1': {} }, tags: { CostCentre: '42' } }, '2026-11-27T20:15:42Z')
  for (const name of ['image-copy', 'image-copy-eu-west-1']) {
    expect(made[name]?.tags, name).toMatchObject({ CostCentre: '42', 'bakehouse:expires': '2026-11-27T20:15:42Z' })
  }
  const { environment } = made.image as { environment: { BAKEHOUSE_REQUEST: string } }
  const { tags } = JSON.parse(environment.BAKEHOUSE_REQUEST) as FinishRequest
  expect(tags).toMatchObject({ CostCentre: '42', 'bakehouse:stage': 'promoted', 'bakehouse:expires': '' })
})

test('reap, which does not know when the build ended, runs the program of an image that is deprecated later', async () => {
  const made = await copy({ deprecateAfterDays: 30 }, '')
  expect(made['image-copy']).toBeDefined()
  expect(made['image-copy']).not.toHaveProperty('deprecationTime')
})
