import { membersOf } from './names.ts'
import type { Plan } from './provider.ts'
import type { Block, Type } from './schema.ts'
import { isObject, mapValues, type ObjectValue, unknown, type Value } from './value.ts'

/** A property that an update changes. */
export interface Change {
  readonly property: string
  readonly kind: 'add' | 'delete' | 'update'
  readonly replaces: boolean
}

/** The changes of a plan in properties that a user can set. Sets are compared without their order. */
export function findChanges(block: Block, prior: ObjectValue, { planned, replaces }: Plan): Change[] {
  return membersOf(block).flatMap((member) => {
    const from: Value = prior[member.name] ?? null
    const to: Value = planned.value?.[member.name] ?? null
    const settable = 'nested' in member ? member.nested.nesting !== 'single' : member.attribute.required || member.attribute.optional
    if (!settable || member.name === 'id' || render(member, from) === render(member, to)) return []
    const kind = isAbsent(from) ? 'add' : isAbsent(to) ? 'delete' : 'update'
    return [{ property: member.property, kind, replaces: replaces.includes(member.name) } as const]
  })
}

function render(member: ReturnType<typeof membersOf>[number], value: Value): string {
  const isSet = 'nested' in member ? member.nested.nesting === 'set' : isSetType(member.attribute.type)
  const text = (each: Value): string => JSON.stringify(order(each))
  return isSet && Array.isArray(value) ? JSON.stringify((value as readonly Value[]).map(text).sort()) : text(value)
}

/** The value with the keys of its objects in order, and a text for what is not known. */
function order(value: Value): unknown {
  if (value === unknown) return '(unknown)'
  if (Array.isArray(value)) return value.map(order)
  if (!isObject(value)) return value
  return mapValues(Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))), order)
}

function isSetType(type: Type): boolean {
  return type[0] === 'set'
}

function isAbsent(value: Value): boolean {
  return value === null || (Array.isArray(value) && value.length === 0)
}
