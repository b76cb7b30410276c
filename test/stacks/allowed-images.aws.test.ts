import { EC2Client, ReplaceImageCriteriaInAllowedImagesSettingsCommand } from '@aws-sdk/client-ec2'
import { expect, test } from 'vitest'
import { allow, criteriaWith } from '../../stacks/allowed-images/allow.ts'
import { withMoto } from '../cloud/aws/with-moto.ts'

withMoto()
const owner = '111111111111'
const marks = (...families: string[]) => ({ ImageWatermarks: families.map((family) => ({ WatermarkKey: `${owner}:bakehouse-${family}` })) })

test('an account accepts the marks of the families, beside what it accepted before, and each time only the families of now', async () => {
  const amazon = { ImageProviders: ['amazon'] }
  await new EC2Client({}).send(new ReplaceImageCriteriaInAllowedImagesSettingsCommand({ ImageCriteria: [amazon] }))
  const first = await allow({ owner, families: ['linux-base'], state: 'audit-mode' })
  expect(first).toEqual({ state: 'audit-mode', criteria: [amazon, marks('linux-base')] })
  const second = await allow({ owner, families: ['linux-web', 'linux-db'], state: 'enabled' })
  expect(second).toEqual({ state: 'enabled', criteria: [amazon, marks('linux-web', 'linux-db')] })
})

test.each([
  ['of another account', { ImageWatermarks: [{ WatermarkKey: '222222222222:bakehouse-linux-base' }] }],
  ['of another name', { ImageWatermarks: [{ WatermarkKey: `${owner}:approved` }] }],
  ['that asks for more', { ...marks('linux-base'), ImageProviders: ['amazon'] }],
])('a criterion %s stays', (_what, criterion) => {
  expect(criteriaWith({ owner, families: ['linux-web'], state: 'enabled' }, [criterion])).toEqual([criterion, marks('linux-web')])
})
