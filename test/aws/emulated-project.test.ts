import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { renderEmulatedFamily } from './emulated-project.ts'
import { motoImage } from './moto.ts'

test('a Windows family keeps its base, and a program answers instead of the machine', () => {
  const family = parse(renderEmulatedFamily('os: windows\ncloud: aws\nbase: { parameter: /aws/x }\nlogin: { transport: ssh }\n'))
  expect(family).toMatchObject({ base: { parameter: '/aws/x' }, aws: { reach: { proxyCommand: expect.stringContaining('wsman-relay') } } })
})

test.each([
  ['a disk', 'base: { debian: bookworm }\n', { amiId: motoImage }],
  ['a disk, and an image on EC2', 'base: { debian: bookworm }\naws: { base: { amiId: ami-12345678 } }\n', { amiId: motoImage }],
  ['another family', 'base: { family: linux-base }\n', { family: 'linux-base' }],
])('a family whose base is %s starts on the EC2 emulator from an image that exists there', (_what, text, base) => {
  const family = parse(renderEmulatedFamily(text))
  expect(family).toMatchObject({ cloud: 'aws', base, aws: { reach: { proxyCommand: expect.stringContaining('%h') } } })
  expect(family.aws.base).toBeUndefined()
})
