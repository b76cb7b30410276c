import { printable } from './printable.ts'
import { reasonLine, splitOutput } from './reason-line.ts'
import { shorten } from './shorten.ts'

/** Maximum number of characters of a quoted message and of a quoted name. */
const longest = { message: 300, name: 160 } as const

/** Lines that complete the first line of a message: what was expected, and what was there. */
const related = /^\s*(expected|actual|got|received|found|but (was|got|received)|\+\s+where|and|to (be|equal|match|include|eq)\b)/i

/** Lines after which only details follow: a comparison, a place, a stack. */
const details = /^\s*(Diff:|@@|\(compared using|at .+:\d+|At line:|from .+:\d+|Traceback|# |Full diff|stack trace)/i

/** The message of a test in one line: the line that says why, and those that belong to it, such as `expected: 1, got: 0`. */
export function quoteMessage(message: string): string {
  const lines = splitOutput(message)
  const [first = '', ...rest] = lines
  if (/^Traceback \(most recent call last\):$/.test(first.trim())) return oneLine(reasonLine(message), longest.message)
  const end = rest.findIndex((line) => details.test(line))
  const belongs = (end < 0 ? rest : rest.slice(0, end)).filter((line, index) => related.test(line) || (index === 0 && first.endsWith(':')))
  const joined = belongs.reduce(
    (text, line) => `${text.replace(/\.$/, '')}${text.endsWith(':') ? '' : ','} ${line.trim().replace(/^\+\s+/, '')}`,
    first.trim(),
  )
  return oneLine(joined, longest.message)
}

/** The name of a test in one line. Reports contain names of thousands of characters, and with line breaks. */
export function quoteName(name: string): string {
  return oneLine(name, longest.name)
}

function oneLine(text: string, most: number): string {
  return shorten(printable(text).replaceAll(/\s+/g, ' ').trim(), most)
}
