import { randomBytes } from 'node:crypto'
import { styleText } from 'node:util'
import { displayWidth, padToWidth } from './display-width.ts'
import { printable, printableLines, withoutEffects } from './printable.ts'

type Colour = 'red' | 'green' | 'yellow' | 'cyan' | 'dim' | 'bold'

/** Lines of output. A line break inside a line comes from outside (for example from a guest); `printableLines` marks what follows it. */
type Lines = string | readonly string[]

/** Something to print on: a stream, or a replacement in tests. */
export interface Printer {
  write(text: string): unknown
}

/**
 * Prints lines. All text that this program shows goes through this function, because any text can come from a guest. `control`: escape
 * sequences of this program, such as those that move the cursor, written before the lines.
 */
export function printOn(printer: Printer, lines: Lines, control = ''): void {
  printer.write(`${control}${renderLines(lines)}`)
}

/** Writes results to stdout. */
export function print(lines: Lines): void {
  printOn(process.stdout, lines)
}

/** Writes progress and errors to stderr. */
export function say(lines: Lines): void {
  printOn(process.stderr, lines)
}

/** Writes one JSON value to stdout. With `--json`, nothing else is written there. */
export function printJson(value: unknown): void {
  process.stdout.write(`${renderJson(value)}\n`)
}

/** Writes one JSON value to stdout as one line, for the program that started this one. */
export function printJsonLine(value: unknown): void {
  process.stdout.write(`${renderJson(value, 0)}\n`)
}

/** Writes a line of another program to one of the own streams: complete, without effect on a terminal or a CI system. */
export function passOn(printer: Printer, line: string): void {
  printer.write(`${withoutEffects(line)}\n`)
}

/** The bytes to write for these lines: printable text, and the colours that `paint` added. Other control characters are replaced. */
export function renderLines(lines: Lines): string {
  return [lines]
    .flat()
    .flatMap((line) => printableLines(line))
    .map((line) => `${colour(line)}\n`)
    .join('')
}

/** A value as JSON. Control characters of terminals and commands of CI systems (`##[…]`) are escaped, so that they have no effect. */
export function renderJson(value: unknown, indent = 2): string {
  return JSON.stringify(value, undefined, indent)
    .replace(
      /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    .replace(/##(?=\[|vso\[|teamcity\[)/gi, '#\\u0023')
}

/** Replaces the colour marks by escape sequences. Always resets the colour at the end, because a shortened line may have lost its reset. */
function colour(line: string): string {
  if (!line.includes(secret)) return line
  return `${line.replaceAll(colours, '\u001b[$1m').replace(new RegExp(`<${secret}[^>]*…?$`), '…')}\u001b[0m`
}

/** A random part of the colour marks. Text from outside cannot contain it, and so cannot set colours. */
const secret = randomBytes(8).toString('hex')
const colours = new RegExp(`<${secret}:(\\d+)>`, 'g')

/**
 * Adds a colour if the stream supports it; `NO_COLOR` and `FORCE_COLOR` take precedence. The length of the result is not the width on
 * the screen: shorten a text first, then paint it.
 */
export function paint(colour: Colour, text: string, stream: NodeJS.WriteStream = process.stderr): string {
  if (text === '') return ''
  const [on = '', off = ''] = styleText(colour, '\0', { stream }).split('\0').map(markCode)
  return `${on}${text}${off}`
}

/** The mark for an escape sequence such as `ESC[31m`; empty for an empty text. */
function markCode(code: string): string {
  return code && `<${secret}:${code.slice(2, -1)}>`
}

/** Adds a colour if stdout supports it. */
export function paintOut(colour: Colour, text: string): string {
  return paint(colour, text, process.stdout)
}

/** Aligns the cells of rows in columns, with two spaces between columns. The last column is not padded. */
export function renderColumns(given: readonly (readonly string[])[]): string[] {
  const rows = given.map((row) => row.map((cell) => printable(cell)))
  const widths = rows.reduce<number[]>((found, row) => row.map((cell, index) => Math.max(found[index] ?? 0, displayWidth(cell))), [])
  return rows.map((row) =>
    row
      .map((cell, index) => (index === row.length - 1 ? cell : padToWidth(cell, widths[index] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}
