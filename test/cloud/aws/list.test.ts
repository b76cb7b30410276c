import { expect, it } from 'vitest'
import { findForeign } from '../../../src/cloud/aws/list.ts'

const tags = { tool: 'bakehouse', family: 'web', version: '2026.11.23', build: 'b1', stage: 'trial', expires: '' } as const

it.each([
  ['a key pair with the name of its build', { kind: 'key', names: ['bakehouse-b1-trial'] }, undefined],
  [
    'a key pair with another name',
    { kind: 'key', names: ['production'] },
    'its name is production, and those of its build begin with bakehouse-b1-',
  ],
  ['an instance with the key pair of its build', { kind: 'instance', names: ['bakehouse-b1-base'] }, undefined],
  [
    'an instance with another key pair',
    { kind: 'instance', names: ['ops'] },
    'its key pair is ops, and those of its build begin with bakehouse-b1-',
  ],
  ['an instance without a key pair', { kind: 'instance', names: [undefined] }, 'it has no key pair'],
  ['an image with the name of its build', { kind: 'image', names: ['web-2026.11.23-candidate'] }, undefined],
  [
    'an image with another name',
    { kind: 'image', names: ['golden'] },
    'its name is golden, and those of its build begin with web-2026.11.23',
  ],
  ['a group that another account shares', { kind: 'network', names: ['bakehouse-b1-x'], owner: '2' }, 'it belongs to the account 2'],
  ['a volume, which has no name of its own', { kind: 'volume' }, undefined],
] as const)('of a build or not: %s', (_what, found, why) => {
  expect(findForeign(found, tags, '1')).toBe(why)
})
