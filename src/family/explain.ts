import type { z } from 'zod'
import { expectations } from '../core/schema.ts'
import { didYouMean } from '../core/suggest.ts'

export type Path = readonly (string | number)[]

/** One thing that is wrong with a value, in words. */
export interface Problem {
  readonly path: Path
  /** Where the reader should look: the value at `path`, or the key that leads to it. */
  readonly at: 'value' | 'key'
  /** `expected …, got …`. */
  readonly text: string
  readonly hint?: string | undefined
}

type Schema = z.core.$ZodType
type Issue = z.core.$ZodIssue

interface Root {
  readonly schema: Schema
  readonly value: unknown
}

/** What is used of the definitions of zod's schemas. */
interface Inner {
  readonly type: string
  readonly shape?: Readonly<Record<string, Schema>>
  readonly element?: Schema
  readonly valueType?: Schema
  readonly innerType?: Schema
  readonly options?: readonly Schema[]
}

/** Everything that a schema has against a value, in words; among several forms, against the one that the value's own key chooses. */
export function explainIssues(schema: z.ZodType, value: unknown): Problem[] {
  return explainAll({ schema, value }, schema.safeParse(value).error?.issues ?? [])
}

/** A value as an error shows it: short, on one line. */
export function renderValue(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object')
    return Object.keys(value).length === 0 ? 'an empty mapping' : `a mapping with ${Object.keys(value).join(', ')}`
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}…` : value)
  return `${typeof value} ${String(value)}`
}

/** A path as the user would write it: `verify.suites[0].goss`. */
export function renderPath(path: Path): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .replace(/^\./, '')
}

/** What a schema wants, in words. */
export function describeSchema(wrapped: Schema): string {
  const schema = unwrap(wrapped)
  const known = expectations.get(schema as z.ZodType)?.expected
  if (known !== undefined) return known
  const { type } = schema._zod.def as unknown as Inner
  if (type === 'object') return `a mapping with the keys ${shapeKeys(schema).join(', ')}`
  if (type === 'array') return 'a list'
  if (type === 'union') return `a mapping in one of the forms ${optionsOf(schema).map(describeForm).join(' ')}`
  return describeScalar(schema, type)
}

function describeForm(option: Schema): string {
  const { shape = {} } = option._zod.def as unknown as Inner
  const needed = Object.keys(shape).filter((key) => shape[key]?._zod.optin === undefined)
  return `{${needed.join(', ')}}`
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

function explainAll(root: Root, issues: readonly Issue[]): Problem[] {
  return issues.flatMap((issue) => explainIssue(root, issue))
}

function explainIssue(root: Root, issue: Issue): Problem[] {
  const path = issue.path as Path
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(root, path, key))
  if (issue.code === 'invalid_union') return explainUnion(root, path)
  if (issue.code === 'invalid_key') return [badKey(root, path)]
  return [{ path, at: 'value', text: expected(path, describeSchema(schemaAt(root, path)), renderValue(valueAt(root.value, path))) }]
}

function unknownKey(root: Root, path: Path, key: string): Problem {
  const keys = shapeKeys(formAt(schemaAt(root, path), valueAt(root.value, path)))
  const where = path.length === 0 ? '' : ` in ${renderPath(path)}`
  const text = `expected one of the keys ${keys.join(', ')}${where}, got "${key}"`
  return { path: [...path, key], at: 'key', text, hint: didYouMean(key, keys) }
}

function badKey(root: Root, path: Path): Problem {
  const around = path.slice(0, -1)
  const { keyType } = unwrap(schemaAt(root, around))._zod.def as unknown as { keyType: Schema }
  return { path, at: 'key', text: `expected each key of ${renderPath(around)} to be ${describeSchema(keyType)}, got "${path.at(-1)}"` }
}

function explainUnion(root: Root, path: Path): Problem[] {
  const union = schemaAt(root, path)
  const value = valueAt(root.value, path)
  const chosen = formsOf(union, value)
  const [only] = chosen
  if (only && chosen.length === 1) {
    const issues = (only as z.ZodType).safeParse(value).error?.issues ?? []
    return explainAll(
      root,
      issues.map((issue) => ({ ...issue, path: [...path, ...issue.path] })),
    )
  }
  const keys = optionsOf(union).map(firstKey)
  const hint = isMapping(value) ? Object.keys(value).flatMap((key) => didYouMean(key, keys) ?? [])[0] : undefined
  const got = chosen.length > 1 ? `${chosen.map(firstKey).join(' and ')} together` : renderValue(value)
  return [{ path, at: 'value', text: expected(path, describeSchema(union), got), hint }]
}

function expected(path: Path, wanted: string, got: string): string {
  return path.length === 0 ? `expected ${wanted}, got ${got}` : `expected ${renderPath(path)} to be ${wanted}, got ${got}`
}

/** The schema of the value at a path; where there are several forms, the one that the value chooses. */
function schemaAt(root: Root, path: Path): Schema {
  let schema = unwrap(root.schema)
  for (const [index, part] of path.entries()) {
    const def = formAt(schema, valueAt(root.value, path.slice(0, index)))._zod.def as unknown as Inner
    schema = unwrap(def.shape?.[part] ?? def.element ?? def.valueType ?? schema)
  }
  return schema
}

function formAt(schema: Schema, value: unknown): Schema {
  return formsOf(schema, value)[0] ?? schema
}

function formsOf(schema: Schema, value: unknown): readonly Schema[] {
  return isMapping(value) ? optionsOf(schema).filter((option) => Object.hasOwn(value, firstKey(option))) : []
}

function optionsOf(schema: Schema): readonly Schema[] {
  return (schema._zod.def as unknown as Inner).options ?? []
}

function firstKey(option: Schema): string {
  return shapeKeys(option)[0] ?? ''
}

function shapeKeys(schema: Schema): string[] {
  return Object.keys((schema._zod.def as unknown as Inner).shape ?? {})
}

function unwrap(schema: Schema): Schema {
  const { innerType } = schema._zod.def as unknown as Inner
  return innerType ? unwrap(innerType) : schema
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, part) => (inner as Record<string | number, unknown> | null | undefined)?.[part], value)
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
