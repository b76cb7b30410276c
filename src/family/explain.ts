import type { z } from 'zod'
import { didYouMean, findClosest } from '../core/suggest.ts'
import {
  definitionOf,
  describeSchema,
  firstKey,
  isObject,
  neededKeys,
  optionsOf,
  type Schema,
  shapeKeys,
  unwrap,
} from './describe-schema.ts'

/** The path of a value in a family file: keys and indexes. */
export type Path = readonly (string | number)[]

/** One problem of a value, as text. */
export interface Problem {
  readonly path: Path
  /** The place that the error names: the value at `path`, or its key. */
  readonly at: 'value' | 'key'
  /** `expected …, got …`. */
  readonly text: string
  readonly hint?: string | undefined
}

type Issue = z.core.$ZodIssue

interface Root {
  readonly schema: Schema
  readonly value: unknown
}

/** All problems of a value, as text. If the schema has several forms, the value is compared with the one that its key selects. */
export function explainIssues(schema: z.ZodType, value: unknown): Problem[] {
  return explainAll({ schema, value }, schema.safeParse(value).error?.issues ?? [])
}

/** A value as errors print it: short, on one line. */
export function renderValue(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object')
    return Object.keys(value).length === 0 ? 'an empty mapping' : `a mapping with ${Object.keys(value).join(', ')}`
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}…` : value)
  return `${typeof value} ${String(value)}`
}

/** A path as text: `verify.suites[0].goss`. */
export function renderPath(path: Path): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .replace(/^\./, '')
}

function explainAll(root: Root, issues: readonly Issue[]): Problem[] {
  return issues.flatMap((issue) => explainIssue(root, issue))
}

function explainIssue(root: Root, issue: Issue): Problem[] {
  const path = issue.path as Path
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(root, path, key))
  if (issue.code === 'invalid_union') return explainUnion(root, path)
  if (issue.code === 'invalid_key') return [badKey(root, path)]
  const [schema, value] = [schemaAt(root, path), valueAt(root.value, path)]
  return [{ path, at: 'value', text: expected(path, describeSchema(schema), renderValue(value)), hint: hintForScalar(schema, value) }]
}

/** YAML 1.2 reads yes, no, on and off as text. */
function hintForScalar(schema: Schema, value: unknown): string | undefined {
  const isBoolean = definitionOf(schema).type === 'boolean'
  const word = typeof value === 'string' && isBoolean ? /^(?:(yes|on)|no|off)$/i.exec(value) : undefined
  return word ? `write ${word[1] !== undefined}` : undefined
}

function unknownKey(root: Root, path: Path, key: string): Problem {
  const keys = shapeKeys(formAt(schemaAt(root, path), valueAt(root.value, path)))
  const where = path.length === 0 ? '' : ` in ${renderPath(path)}`
  const text = `expected one of the keys ${keys.join(', ')}${where}, got "${key}"`
  return { path: [...path, key], at: 'key', text, hint: hintForKey(root, path, key) ?? didYouMean(key, keys) }
}

/** The hint for a key at the top of the file that belongs into a section, such as `variables` into `configure`; also for a similar key. */
function hintForKey({ schema }: Root, path: Path, key: string): string | undefined {
  if (path.length > 0) return undefined
  const { shape = {} } = definitionOf(unwrap(schema))
  const inner = Object.keys(shape).flatMap((section) => shapeKeys(unwrap(shape[section] ?? schema)).map((name) => ({ section, name })))
  const names = inner.map(({ name }) => name)
  const meant = names.includes(key) || findClosest(key, Object.keys(shape)) ? key : findClosest(key, names)
  const paths = inner.filter(({ name }) => name === meant).map(({ section, name }) => `${section}.${name}`)
  return paths.length === 0 ? undefined : `did you mean ${paths.join(' or ')}?`
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
  const got = chosen.length > 1 ? `${chosen.map(firstKey).join(' and ')} together` : renderValue(value)
  const hint = chosen.length > 1 ? `keep one of ${chosen.map(firstKey).join(', ')}` : hintForUnion(union, value)
  return [{ path, at: 'value', text: expected(path, describeSchema(union), got), hint }]
}

function hintForUnion(union: Schema, value: unknown): string | undefined {
  const options = optionsOf(union).filter(isObject)
  if (isMapping(value)) return Object.keys(value).flatMap((key) => didYouMean(key, options.map(firstKey)) ?? [])[0]
  if (typeof value !== 'string') return undefined
  const form = options.find((option) => isWholeForm(option, value))
  return form && `for example {${firstKey(form)}: ${value}}`
}

/** Whether a form needs only its first key, and that key can have this value. */
function isWholeForm(option: Schema, value: string): boolean {
  return neededKeys(option).length === 1 && (option as z.ZodType).safeParse({ [firstKey(option)]: value }).success
}

function expected(path: Path, wanted: string, got: string): string {
  return path.length === 0 ? `expected ${wanted}, got ${got}` : `expected ${renderPath(path)} to be ${wanted}, got ${got}`
}

/** The schema of the value at a path. If there are several forms, the one that the value selects. */
function schemaAt(root: Root, path: Path): Schema {
  let schema = unwrap(root.schema)
  for (const [index, part] of path.entries()) {
    const def = definitionOf(formAt(schema, valueAt(root.value, path.slice(0, index))))
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

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, part) => (inner as Record<string | number, unknown> | null | undefined)?.[part], value)
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
