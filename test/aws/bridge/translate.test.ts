import { expect, it } from 'vitest'
import { unknownValue } from '../../../src/engine/plugin/properties.ts'
import { findChanges } from './difference.ts'
import { toProperty } from './names.ts'
import { propose } from './propose.ts'
import type { Attribute, Block, NestedBlock, Type } from './schema.ts'
import { findUnknownProperties, toProperties, toTerraform } from './translate.ts'
import { fromMessage, toMessage, unknown } from './value.ts'

const optional = (name: string, type: Type, computed = false): Attribute => ({ name, type, required: false, optional: true, computed })
const nested = (name: string, nesting: NestedBlock['nesting'], maximum: number, attributes: Attribute[]): NestedBlock => ({
  name,
  nesting,
  maximum,
  block: { attributes, blocks: [] },
})
const block: Block = {
  attributes: [
    optional('id', 'string', true),
    optional('desired_capacity', 'number', true),
    optional('force_delete', 'bool'),
    optional('vpc_zone_identifier', ['set', 'string']),
    optional('ingress', ['set', ['object', { cidr_blocks: ['list', 'string'], from_port: 'number' }]]),
    optional('labels', ['map', 'string']),
  ],
  blocks: [
    nested('launch_template', 'list', 1, [optional('version', 'string')]),
    nested('tag', 'set', 0, [optional('key', 'string'), optional('propagate_at_launch', 'bool')]),
  ],
}

it.each([
  ['image_id', false, 'imageId'],
  ['vpc_zone_identifier', true, 'vpcZoneIdentifiers'],
  ['tag', true, 'tags'],
  ['termination_policy', true, 'terminationPolicies'],
  ['ingress', true, 'ingress'],
  ['ipv6_cidr_blocks', true, 'ipv6CidrBlocks'],
])('the property of %s (plural: %s) is %s', (name, plural, property) => {
  expect(toProperty(name, plural)).toBe(property)
})

const properties = {
  desiredCapacity: 2,
  forceDelete: true,
  vpcZoneIdentifiers: ['a', 'b'],
  ingress: [{ cidrBlocks: ['10.0.0.1/32'], fromPort: 22 }],
  labels: { 'a:b': 'c' },
  launchTemplate: { version: '$Latest' },
  tags: [{ key: 'k', propagateAtLaunch: true }],
}
const value = {
  id: null,
  desired_capacity: 2,
  force_delete: true,
  vpc_zone_identifier: ['a', 'b'],
  ingress: [{ cidr_blocks: ['10.0.0.1/32'], from_port: 22 }],
  labels: { 'a:b': 'c' },
  launch_template: [{ version: '$Latest' }],
  tag: [{ key: 'k', propagate_at_launch: true }],
}

it('translates names, lists and blocks of at most one item, in both directions', () => {
  expect(toTerraform(block, properties)).toEqual(value)
  expect(toProperties(block, value)).toEqual(properties)
  expect(findUnknownProperties(block, { ...properties, launchTemplates: [], __private: '' })).toEqual(['launchTemplates'])
})

it('converts numbers, texts and booleans to the type of the schema, as Pulumi does', () => {
  const given = { desiredCapacity: '2', forceDelete: 'true', launchTemplate: { version: 3 } }
  expect(toTerraform(block, given)).toMatchObject({ desired_capacity: 2, force_delete: true, launch_template: [{ version: '3' }] })
})

it('transports values that are not known yet', () => {
  const config = toTerraform(block, { ...properties, desiredCapacity: unknownValue, tags: unknownValue })
  expect(config).toMatchObject({ desired_capacity: unknown, tag: unknown })
  expect(fromMessage(toMessage(config))).toEqual(config)
  expect(toProperties(block, config)).toMatchObject({ desiredCapacity: unknownValue, tags: unknownValue })
})

it('a plan starts from the configuration, and from the prior state for what only the provider sets', () => {
  const prior = { ...value, id: 'x', labels: { old: 'label' } }
  const config = toTerraform(block, { ...properties, desiredCapacity: undefined, labels: undefined })
  expect(propose(block, prior, config)).toEqual({ ...value, id: 'x', labels: null })
  expect(propose(block, null, config)).toBe(config)
})

it('finds what a plan changes: sets without their order, and what needs a new resource', () => {
  const planned = { ...value, vpc_zone_identifier: ['b', 'a'], desired_capacity: 3, labels: null, launch_template: [] }
  const plan = { planned: { value: planned, private: Buffer.alloc(0) }, replaces: ['launch_template'] }
  expect(findChanges(block, { ...value, force_delete: null }, plan)).toEqual([
    { property: 'desiredCapacity', kind: 'update', replaces: false },
    { property: 'forceDelete', kind: 'add', replaces: false },
    { property: 'labels', kind: 'delete', replaces: false },
    { property: 'launchTemplate', kind: 'delete', replaces: true },
  ])
})
