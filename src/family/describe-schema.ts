import type { z } from 'zod'
import { expectations } from '../core/schema.ts'

/** Any schema of zod. */
export type Schema = z.core.$ZodType

/** The parts of zod's schema definitions that are read here. */
export interface Inner {
  readonly type: string
  readonly shape?: Readonly<Record<string, Schema>>
  readonly element?: Schema
  readonly valueType?: Schema
  readonly innerType?: Schema
  readonly options?: readonly Schema[]
}

/** What a schema expects, as text: `a whole number from 1 to 64`. */
export function describeSchema(wrapped: Schema): string {
  const schema = unwrap(wrapped)
  const known = expectations.get(schema as z.ZodType)?.expected
  if (known !== undefined) return known
  const { type } = definitionOf(schema)
  if (type === 'object') return `a mapping with the keys ${shapeKeys(schema).join(', ')}`
  if (type === 'array') return 'a list'
  if (type === 'union') return describeUnion(optionsOf(schema))
  return describeScalar(schema, type)
}

/** `ssh or ssm, or a mapping with one of the keys bastion (with ingress), proxyCommand`. */
function describeUnion(options: readonly Schema[]): string {
  const forms = options.filter(isObject)
  const others = options.filter((option) => !isObject(option)).map(describeSchema)
  return [...others, `a mapping with one of the keys ${forms.map(describeForm).join(', ')}`].join(', or ')
}

function describeForm(option: Schema): string {
  const [first, ...others] = neededKeys(option)
  return others.length === 0 ? `${first}` : `${first} (with ${others.join(' and ')})`
}

/** The keys without a default that a mapping must have. */
export function neededKeys(option: Schema): string[] {
  const { shape = {} } = definitionOf(option)
  return Object.keys(shape).filter((key) => shape[key]?._zod.optin === undefined)
}

/** Whether the schema is that of a mapping with known keys. */
export function isObject(schema: Schema): boolean {
  return definitionOf(schema).type === 'object'
}

function describeScalar(schema: Schema, type: string): string {
  if (type === 'boolean') return 'true or false'
  if (type === 'record') return 'a mapping'
  if (type === 'number') return describeNumber(schema as z.ZodNumber)
  const { values } = schema._zod
  return values ? [...values].map(String).join(' or ') : 'a text'
}

function describeNumber({ minValue, maxValue }: z.ZodNumber): string {
  return `a whole number from ${minValue} to ${maxValue}`
}

/** The forms of a union; none for another schema. */
export function optionsOf(schema: Schema): readonly Schema[] {
  return definitionOf(schema).options ?? []
}

/** The key that selects this form of a union. */
export function firstKey(option: Schema): string {
  return shapeKeys(option)[0] ?? ''
}

/** The keys of a mapping. */
export function shapeKeys(schema: Schema): string[] {
  return Object.keys(definitionOf(schema).shape ?? {})
}

/** The schema without its default. */
export function unwrap(schema: Schema): Schema {
  const { innerType } = definitionOf(schema)
  return innerType ? unwrap(innerType) : schema
}

/** The parts of the definition of a schema that are read here. */
export function definitionOf(schema: Schema): Inner {
  return schema._zod.def as unknown as Inner
}
