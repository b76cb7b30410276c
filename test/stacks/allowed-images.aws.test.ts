import { EC2Client, ReplaceImageCriteriaInAllowedImagesSettingsCommand } from '@aws-sdk/client-ec2'
import { expect, test } from 'vitest'
import { allow, criteriaWith } from '../../stacks/allowed-images/allow.ts'
import { withMoto } from '../cloud/aws/with-moto.ts'

withMoto()
const owner = '111111111111'
const marks = (...families: string[]) => ({ ImageWatermarks: families.map((family) => ({ WatermarkKey: `${owner}:bakehouse-${family}` })) })

test('allow() adds the watermarks of the families, keeps other criteria, and replaces the families of an earlier call', async () => {
  const amazon = { ImageProviders: ['amazon'] }
  await new EC2Client({}).send(new ReplaceImageCriteriaInAllowedImagesSettingsCommand({ ImageCriteria: [amazon] }))
  const first = await allow({ owner, families: ['linux-base'], state: 'audit-mode' })
  expect(first).toEqual({ state: 'audit-mode', criteria: [amazon, marks('linux-base')] })
  const second = await allow({ owner, families: ['linux-web', 'linux-db'], state: 'enabled' })
  expect(second).toEqual({ state: 'enabled', criteria: [amazon, marks('linux-web', 'linux-db')] })
})

test.each([
  ['of another account', { ImageWatermarks: [{ WatermarkKey: '222222222222:bakehouse-linux-base' }] }],
  ['with another watermark name', { ImageWatermarks: [{ WatermarkKey: `${owner}:approved` }] }],
  ['with additional conditions', { ...marks('linux-base'), ImageProviders: ['amazon'] }],
])('keeps a criterion %s', (_what, criterion) => {
  expect(criteriaWith({ owner, families: ['linux-web'], state: 'enabled' }, [criterion])).toEqual([criterion, marks('linux-web')])
})
