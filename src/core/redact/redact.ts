import { type Automaton, buildAutomaton, step } from './automaton.ts'
import { secretForms } from './secret-forms.ts'

/** Replaces secret values in text that is written. */
export interface Redactor {
  /** Adds secrets. Later calls replace them too. */
  readonly learn: (...secrets: readonly string[]) => void
  /** The text, with all secrets replaced in all their forms. */
  readonly text: (text: string) => string
  /** Redacts text that arrives in pieces. Also finds a secret that is divided between two pieces. */
  readonly stream: () => RedactingStream
}

/** Redacts one text in pieces. */
export interface RedactingStream {
  /** Adds a piece. Returns the redacted text that is complete: all except an end that may be the beginning of a secret. */
  readonly push: (piece: string) => string
  /** Ends the text. Returns its redacted rest. */
  readonly end: () => string
}

/** The replacement for a secret. */
export const mark = '[redacted]'

/** Minimum length of a secret. Shorter values occur in ordinary text; replacing them would make logs useless. */
export const shortestSecret = 4

/**
 * Creates a redactor for these values. It finds them plain, in base64 (at each alignment) and in hexadecimal, each also of their UTF-16;
 * URL-encoded; and escaped for JSON, shells, PowerShell and XML. White space inside is ignored, so wrapped lines are found too. The time is
 * linear in the length of the text. Values shorter than `shortestSecret` are ignored.
 */
export function createRedactor(secrets: readonly string[]): Redactor {
  const known = new Set(secrets)
  let automaton = automatonOf(known)
  const learn = (...more: readonly string[]): void => {
    if (more.every((secret) => known.has(secret))) return
    for (const secret of more) known.add(secret)
    automaton = automatonOf(known)
  }
  const stream = () => (automaton ? redactingStream(automaton) : { push: (piece: string) => piece, end: () => '' })
  const text = (whole: string): string => {
    const pass = stream()
    return pass.push(whole) + pass.end()
  }
  return { learn, stream, text }
}

function automatonOf(secrets: ReadonlySet<string>): Automaton | undefined {
  const forms = [...secrets].filter((secret) => secret.length >= shortestSecret).flatMap(secretForms)
  return forms.length === 0 ? undefined : buildAutomaton(forms.map(collapseSpaces))
}

const pieceSize = 65_536

interface Span {
  readonly from: number
  to: number
}

/** White space is skipped while matching, so that a secret is also found if its lines were wrapped. */
function redactingStream(automaton: Automaton): RedactingStream {
  let held = ''
  let state = 0
  /** The index in `held` of each character that is matched so far. */
  let places: number[] = []
  let spans: Span[] = []

  /** A long text is processed in pieces, so that the arrays with one element per character stay small. */
  const push = (text: string): string => {
    if (text.length <= pieceSize) return pushPiece(text)
    let out = ''
    for (let at = 0; at < text.length; at += pieceSize) out += pushPiece(text.slice(at, at + pieceSize))
    return out
  }

  const pushPiece = (piece: string): string => {
    const start = held.length
    held += piece
    for (let index = 0; index < piece.length; index++) {
      const code = piece.charCodeAt(index)
      if (isBlank(code)) continue
      state = step(automaton, state, code)
      if (state === 0) {
        if (places.length > 0) places = []
        continue
      }
      const at = start + index
      places.push(at)
      const length = automaton.longest[state] ?? 0
      if (length > 0) addSpan(spans, { from: places[places.length - length] ?? 0, to: at + 1 })
    }
    const depth = automaton.depth[state] ?? 0
    const limit = depth === 0 ? held.length : (places[places.length - depth] ?? 0)
    return limit * 2 < held.length ? '' : release(limit, depth)
  }

  const release = (limit: number, depth: number): string => {
    const last = spans.at(-1)
    const safe = last && last.to > limit ? Math.min(limit, last.from) : limit
    const out = cut(held.slice(0, safe), spans)
    held = held.slice(safe)
    places = places.slice(places.length - Math.max(depth, countFrom(places, safe))).map((place) => place - safe)
    spans = spans.filter((span) => span.from >= safe).map((span) => ({ from: span.from - safe, to: span.to - safe }))
    return out
  }

  return { push, end: () => release(held.length, 0) }
}

/** Adds a match at the end of the list. Earlier matches that it overlaps are merged with it. */
function addSpan(spans: Span[], span: Span): void {
  let from = span.from
  for (let last = spans.at(-1); last && last.to > span.from; last = spans.at(-1)) {
    from = Math.min(from, last.from)
    spans.pop()
  }
  spans.push({ from, to: span.to })
}

function cut(text: string, spans: readonly Span[]): string {
  let out = ''
  let at = 0
  for (const { from, to } of spans) {
    if (from >= text.length) break
    out += text.slice(at, from) + mark
    at = to
  }
  return out + text.slice(at)
}

function countFrom(places: readonly number[], from: number): number {
  let count = 0
  for (let index = places.length - 1; index >= 0 && (places[index] ?? 0) >= from; index--) count++
  return count
}

function collapseSpaces(form: string): string {
  return [...form].filter((char) => !isBlank(char.charCodeAt(0))).join('')
}

function isBlank(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13)
}
