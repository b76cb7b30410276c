import { unknownValue } from '../../../src/engine/plugin/properties.ts'
import type { Properties } from '../../../src/engine/plugin/resource.ts'
import { isFlat, membersOf, toProperty } from './names.ts'
import type { Block, NestedBlock, Type } from './schema.ts'
import { isObject, mapValues, type ObjectValue, unknown, type Value } from './value.ts'

/** Properties of @pulumi/aws as an object of Terraform. Properties that the block does not have are left out. */
export function toTerraform(block: Block, properties: Properties): ObjectValue {
  return Object.fromEntries(
    membersOf(block).map((member) => {
      const given = properties[member.property]
      return [member.name, 'nested' in member ? toBlocks(member.nested, given) : toValue(member.attribute.type, given)]
    }),
  )
}

/** Names of properties that the block does not have. */
export function findUnknownProperties(block: Block, properties: Properties): string[] {
  const known = new Set(membersOf(block).map(({ property }) => property))
  return Object.keys(properties).filter((name) => !known.has(name) && !name.startsWith('__'))
}

function toBlocks(nested: NestedBlock, given: unknown): Value {
  if (given === unknownValue) return unknown
  if (nested.nesting === 'single') return given ? toTerraform(nested.block, given as Properties) : null
  const items = given === undefined || given === null ? [] : isFlat(nested) ? [given] : (given as unknown[])
  return items.map((item) => (item === unknownValue ? unknown : toTerraform(nested.block, item as Properties)))
}

function toValue(type: Type, given: unknown): Value {
  if (given === undefined || given === null) return null
  if (given === unknownValue) return unknown
  if (typeof type === 'string') return toScalar(type, given)
  const [kind, inner] = type
  if (kind === 'object') {
    return mapValues(inner as Readonly<Record<string, Type>>, (each, name) =>
      toValue(each, (given as Properties)[toProperty(name, typeof each !== 'string')]),
    )
  }
  if (kind === 'map') return mapValues(given as Properties, (each) => toValue(inner as Type, each))
  return (given as unknown[]).map((each) => toValue(inner as Type, each))
}

/** Like the bridge of Pulumi: `"2"` is a number where one is expected, and `true` is a text where one is expected. */
function toScalar(type: string, given: unknown): Value {
  if (type === 'string') return String(given)
  if (type === 'number') return Number(given)
  return given === true || given === 'true'
}

/** An object of Terraform as properties of @pulumi/aws. Absent values are left out. */
export function toProperties(block: Block, value: ObjectValue): Properties {
  return Object.fromEntries(
    membersOf(block).flatMap((member) => {
      const given = value[member.name] ?? null
      const property = 'nested' in member ? fromBlocks(member.nested, given) : fromValue(member.attribute.type, given)
      return property === undefined ? [] : [[member.property, property]]
    }),
  )
}

function fromBlocks(nested: NestedBlock, given: Value): unknown {
  if (given === null) return undefined
  if (given === unknown) return unknownValue
  if (isObject(given)) return toProperties(nested.block, given)
  const items = (given as readonly Value[]).map((item) => (isObject(item) ? toProperties(nested.block, item) : unknownValue))
  return isFlat(nested) ? items[0] : items
}

function fromValue(type: Type, given: Value): unknown {
  if (given === null) return undefined
  if (given === unknown) return unknownValue
  if (typeof type === 'string') return given
  const [kind, inner] = type
  if (kind === 'object') {
    const entries = Object.entries(inner as Readonly<Record<string, Type>>).flatMap(([name, each]) => {
      const value = fromValue(each, (given as ObjectValue)[name] ?? null)
      return value === undefined ? [] : [[toProperty(name, typeof each !== 'string'), value]]
    })
    return Object.fromEntries(entries)
  }
  if (kind === 'map') return mapValues(given as ObjectValue, (each) => fromValue(inner as Type, each))
  return (given as readonly Value[]).map((each) => fromValue(inner as Type, each))
}
