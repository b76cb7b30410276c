import { styleText } from 'node:util'

type Colour = 'red' | 'green' | 'yellow' | 'cyan' | 'dim' | 'bold'

/** A line on stdout: what was asked for. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** One JSON value on stdout, and nothing else ever when it was asked for. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, undefined, 2))
}

/** A line on stderr: what happens meanwhile, and what went wrong. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** Coloured, where stderr can show it; `NO_COLOR` and `FORCE_COLOR` decide before that. */
export function paint(colour: Colour, text: string, stream: NodeJS.WriteStream = process.stderr): string {
  return text === '' ? '' : styleText(colour, text, { stream })
}

/** Coloured for stdout. */
export function paintOut(colour: Colour, text: string): string {
  return paint(colour, text, process.stdout)
}

/** Rows as columns, two spaces between; the last column is not padded. */
export function renderColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>((found, row) => row.map((cell, index) => Math.max(found[index] ?? 0, cell.length)), [])
  return rows.map((row) =>
    row
      .map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}
