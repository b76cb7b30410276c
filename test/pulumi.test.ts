import * as pulumi from '@pulumi/pulumi'
import { expect, test } from 'vitest'
import { parseLatestGood } from '../src/model/outputs.ts'
import { imageIn, latestGood } from '../src/pulumi.ts'
import { sampleLatestGood } from './helpers/latest-good.ts'

/** Runs a Pulumi program that reads a family whose stack has these outputs. */
async function readLatestGood(outputs: object): Promise<unknown> {
  await pulumi.runtime.setMocks(
    { newResource: ({ name, inputs }) => ({ id: name, state: { ...inputs, outputs } }), call: () => ({}) },
    'app',
    'test',
    false,
    'acme',
  )
  const reference = latestGood('linux-base')
  return (reference as unknown as { promise(): Promise<unknown> }).promise()
}

test('a Pulumi program reads the latest good image of a family', async () => {
  expect(await readLatestGood(sampleLatestGood())).toMatchObject({ imageId: 'linux-base-2026.11.23', version: '2026.11.23' })
})

test('a family without an image is an error with a hint', () => {
  expect(() => parseLatestGood({})).toThrow('Expected the family stack to have an output "imageId", got: none')
})

test('an image has an ID in each region with a copy, and in no other', () => {
  const image = sampleLatestGood({ imagesByRegion: { 'eu-central-1': 'ami-1' } })
  expect(imageIn(image, 'eu-central-1')).toBe('ami-1')
  expect(() => imageIn(image, 'eu-west-1')).toThrow('"eu-west-1", got: eu-central-1')
})
