import { randomBytes } from 'node:crypto'
import { styleText } from 'node:util'
import { displayWidth, padToWidth } from '../core/display-width.ts'
import { printable, printableLines } from '../core/printable.ts'

type Colour = 'red' | 'green' | 'yellow' | 'cyan' | 'dim' | 'bold'

/** Lines of output; a line break within one of them is not ours, and what follows it is shown as such. */
type Lines = string | readonly string[]

/** Lines on stdout: what was asked for. */
export function print(lines: Lines): void {
  process.stdout.write(renderLines(lines))
}

/** One JSON value on stdout, and nothing else ever when it was asked for. */
export function printJson(value: unknown): void {
  process.stdout.write(`${renderJson(value)}\n`)
}

/** Lines on stderr: what happens meanwhile, and what went wrong. */
export function say(lines: Lines): void {
  process.stderr.write(renderLines(lines))
}

/** Output as it is written: plain text, and the colours that `paint` gave it. Nothing else is written to a terminal. */
export function renderLines(lines: Lines): string {
  return [lines]
    .flat()
    .flatMap((line) => printableLines(line))
    .map((line) => `${colour(line)}\n`)
    .join('')
}

/** JSON in which a terminal and a CI system find nothing to do: what they would act on is escaped. */
export function renderJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2)
    .replace(
      /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    .replace(/##(?=\[|vso\[|teamcity\[)/gi, '#\\u0023')
}

/** A line that was cut may have lost the end of its colour. */
function colour(line: string): string {
  if (!line.includes(secret)) return line
  return `${line.replaceAll(colours, '\u001b[$1m').replace(new RegExp(`<${secret}[^>]*…?$`), '…')}\u001b[0m`
}

/** How a colour is marked until it is written: nobody else can know it, so that no text from outside is coloured. */
const secret = randomBytes(8).toString('hex')
const colours = new RegExp(`<${secret}:(\\d+)>`, 'g')

/** Coloured, where stderr can show it; `NO_COLOR` and `FORCE_COLOR` decide before that. Its length counts no more: paint what is cut. */
export function paint(colour: Colour, text: string, stream: NodeJS.WriteStream = process.stderr): string {
  if (text === '') return ''
  const [on = '', off = ''] = styleText(colour, '\0', { stream }).split('\0').map(markCode)
  return `${on}${text}${off}`
}

/** `ESC[31m` as a mark; nothing for nothing. */
function markCode(code: string): string {
  return code && `<${secret}:${code.slice(2, -1)}>`
}

/** Coloured for stdout. */
export function paintOut(colour: Colour, text: string): string {
  return paint(colour, text, process.stdout)
}

/** Rows as columns, two spaces between; the last column is not padded. */
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
