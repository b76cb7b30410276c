import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit, type YAMLError } from 'yaml'
import { defined } from '../core/defined.ts'
import { messageOf, UsageError } from '../core/errors.ts'
import type { Problem } from './explain.ts'

/** The value of a YAML text, with the place of each part. */
export interface SourceDocument {
  readonly value: unknown
  /** A UsageError for these problems: one line each, `file:line:column: expected …, got …`. If there are several, a line `hint: …` follows each that has one. */
  error(problems: readonly Problem[]): UsageError
}

const largest = 1024 * 1024
const mostShown = 10

/** Parses one YAML document. Errors name it `file`. Throws UsageError. */
export function parseSource(bytes: Uint8Array, file: string): SourceDocument {
  const text = parseUtf8(bytes, file)
  const lines = new LineCounter()
  const document = parseYaml(text, file, lines)
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${file}:${line || 1}:${col || 1}`
  }
  const problem = [...document.errors, ...document.warnings][0]
  if (problem) throw new UsageError(`${place(syntaxOffset(problem, text))}: ${explainSyntax(problem, text)}`)
  refuseAliases(document, place)
  return {
    value: document.toJS(),
    error: (problems) =>
      errorFor(
        problems.map((found) => ({ ...found, offset: findOffset(document, found) })),
        place,
      ),
  }
}

function parseUtf8(bytes: Uint8Array, file: string): string {
  if (bytes.length > largest) throw new UsageError(`${file}:1:1: expected at most 1 MiB, got ${bytes.length} bytes`)
  const text = new TextDecoder().decode(bytes)
  const bad = text.search(/[\0\uFFFD]/)
  if (bad < 0) return text
  const before = text.slice(0, bad).split('\n')
  throw new UsageError(
    `${file}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}: expected UTF-8 text, got a byte that is not valid UTF-8`,
  )
}

function parseYaml(text: string, file: string, lineCounter: LineCounter): Document.Parsed {
  try {
    return parseDocument(text, { lineCounter, prettyErrors: false, stringKeys: true, logLevel: 'error' })
  } catch (cause) {
    throw new UsageError(`${file}:1:1: expected valid YAML, got ${messageOf(cause)}`, { cause })
  }
}

const syntax: Partial<Record<string, string>> = {
  TAB_AS_INDENT: 'expected spaces as indentation, got a tab',
  MULTIPLE_DOCS: 'expected one document, got a second one',
  NON_STRING_KEY: 'expected a text as key, got something else',
  RESOURCE_EXHAUSTION: 'expected less deeply nested YAML, got too many levels',
}

const unclosed = /(?:sufficiently indented and|must) end with a ([}\]])/

/** The parser notices a missing bracket at the next line. The bracket is missing after the last text before it. */
function syntaxOffset({ message, pos }: YAMLError, text: string): number {
  return unclosed.test(message) ? text.slice(0, pos[0]).trimEnd().length : pos[0]
}

function explainSyntax(error: YAMLError, text: string): string {
  const bracket = unclosed.exec(error.message)?.[1]
  if (bracket) return `expected a closing ${bracket}, got the end of the line`
  const word = /^[^\s:,{}[\]]+/.exec(text.slice(error.pos[0]))?.[0] ?? ''
  if (error.code === 'DUPLICATE_KEY') return `expected each key once, got "${word}" again`
  if (error.code === 'TAG_RESOLVE_FAILED') return `expected a plain value, got the tag ${word}`
  return syntax[error.code] ?? `expected valid YAML, got: ${error.message.replace(/ at line .*/s, '')}`
}

/** Aliases can make a document that contains itself or grows without limit. A family file is short and needs none. */
function refuseAliases(document: Document.Parsed, place: (offset: number) => string): void {
  visit(document, {
    Alias(_key, node) {
      throw new UsageError(`${place(node.range?.[0] ?? 0)}: expected a value, got the alias *${node.source}`, {
        hint: 'write the value itself: aliases are not supported',
      })
    },
  })
}

function errorFor(problems: readonly (Problem & { offset: number })[], place: (offset: number) => string): UsageError {
  const sorted = [...problems].sort((left, right) => left.offset - right.offset)
  const [only] = sorted
  if (only && sorted.length === 1) return new UsageError(`${place(only.offset)}: ${only.text}`, defined({ hint: only.hint }))
  const lines = sorted
    .slice(0, mostShown)
    .map(({ offset, text, hint }) => `${place(offset)}: ${text}${hint === undefined ? '' : `\nhint: ${hint}`}`)
  if (sorted.length > mostShown) lines.push(`… and ${sorted.length - mostShown} more`)
  return new UsageError(lines.join('\n'))
}

/** The place of a problem. For a missing value it is the mapping that should contain it. */
function findOffset(document: Document.Parsed, { path, at }: Problem): number {
  let node: unknown = document.contents
  let offset = startOf(document.contents)
  for (const [index, part] of path.entries()) {
    const found = findPair(node, part)
    if (!found) return offset
    node = found.value
    offset = at === 'key' && index === path.length - 1 ? found.keyOffset : valueOffset(found)
  }
  return offset
}

interface Found {
  readonly value: unknown
  readonly keyOffset: number
}

function findPair(node: unknown, part: string | number): Found | undefined {
  if (isSeq(node)) return { value: node.items[Number(part)], keyOffset: startOf(node.items[Number(part)]) }
  if (!isMap(node)) return undefined
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part))
  return pair && { value: pair.value, keyOffset: startOf(pair.key) }
}

/** An empty value has no place; the place of its key is used. */
function valueOffset({ value, keyOffset }: Found): number {
  const empty = value === null || (isScalar(value) && value.value === null && value.source === '')
  return empty || isAlias(value) ? keyOffset : startOf(value)
}

function startOf(node: unknown): number {
  return (node as Node | null | undefined)?.range?.[0] ?? 0
}
