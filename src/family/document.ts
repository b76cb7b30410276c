import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit, type YAMLError } from 'yaml'
import { messageOf, UsageError } from '../core/errors.ts'
import type { Problem } from './explain.ts'

/** A YAML text as a value that knows where each part of it stands. */
export interface SourceDocument {
  readonly value: unknown
  /** A UsageError for these problems: one line each, `file:line:column: expected …, got …`. */
  error(problems: readonly Problem[]): UsageError
}

const largest = 1024 * 1024
const mostShown = 10

/** Parses one YAML document; `file` is how errors call it. Throws UsageError. */
export function parseSource(bytes: Uint8Array, file: string): SourceDocument {
  const text = parseUtf8(bytes, file)
  const lines = new LineCounter()
  const document = parseYaml(text, file, lines)
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${file}:${line || 1}:${col || 1}`
  }
  const problem = [...document.errors, ...document.warnings][0]
  if (problem) throw new UsageError(`${place(problem.pos[0])}: ${explainSyntax(problem, text)}`)
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
  throw new UsageError(`${file}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}: expected UTF-8 text, got a byte that is none`)
}

function parseYaml(text: string, file: string, lineCounter: LineCounter): Document.Parsed {
  try {
    return parseDocument(text, { lineCounter, prettyErrors: false, stringKeys: true, logLevel: 'error' })
  } catch (cause) {
    throw new UsageError(`${file}:1:1: expected YAML that can be read, got ${messageOf(cause)}`, { cause })
  }
}

const syntax: Partial<Record<string, string>> = {
  TAB_AS_INDENT: 'expected spaces as indentation, got a tab',
  MULTIPLE_DOCS: 'expected one document, got a second one',
  NON_STRING_KEY: 'expected a text as key, got something else',
  RESOURCE_EXHAUSTION: 'expected less deeply nested YAML, got too many levels',
}

function explainSyntax(error: YAMLError, text: string): string {
  const word = /^[^\s:,{}[\]]+/.exec(text.slice(error.pos[0]))?.[0] ?? ''
  if (error.code === 'DUPLICATE_KEY') return `expected each key once, got "${word}" again`
  if (error.code === 'TAG_RESOLVE_FAILED') return `expected a plain value, got the tag ${word}`
  return syntax[error.code] ?? `expected valid YAML, got: ${error.message.replace(/ at line .*/s, '')}`
}

/** A family file is short: what an alias saves is not worth documents that expand without end, or contain themselves. */
function refuseAliases(document: Document.Parsed, place: (offset: number) => string): void {
  visit(document, {
    Alias(_key, node) {
      throw new UsageError(`${place(node.range?.[0] ?? 0)}: expected a value, got the alias *${node.source}`, {
        hint: 'write the value out: aliases are not taken',
      })
    },
  })
}

function errorFor(problems: readonly (Problem & { offset: number })[], place: (offset: number) => string): UsageError {
  const sorted = [...problems].sort((left, right) => left.offset - right.offset)
  const lines = sorted.slice(0, mostShown).map(({ offset, text }) => `${place(offset)}: ${text}`)
  if (sorted.length > mostShown) lines.push(`… and ${sorted.length - mostShown} more`)
  const hint = sorted.flatMap((found) => found.hint ?? [])[0]
  return new UsageError(lines.join('\n'), hint === undefined ? {} : { hint })
}

/** Where a problem is seen: what is missing is looked for where it should have been. */
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

/** An empty value has no place of its own: its key has. */
function valueOffset({ value, keyOffset }: Found): number {
  const empty = value === null || (isScalar(value) && value.value === null && value.source === '')
  return empty || isAlias(value) ? keyOffset : startOf(value)
}

function startOf(node: unknown): number {
  return (node as Node | null | undefined)?.range?.[0] ?? 0
}
