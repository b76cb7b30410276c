import { shorten } from './shorten.ts'

/** Characters of one line, and lines of one text: what is longer is in the logs. */
const longest = { line: 2_000, lines: 40 } as const

/** Escape sequences, whole: with parameters (CSI), with a text up to its end (OSC and its kin), and short ones. */
const sequences = regExp(
  String.raw`(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]`,
  String.raw`(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x80-\x9f]*(?:\x07|\x1b\\|\x9c)`,
  String.raw`\x1b[ -/]*[0-~]`,
)
const controls = regExp(String.raw`[\0-\x1f\x7f-\x9f\u2028\u2029]+`)
/** Characters without a width, and those that turn the direction of a text: a reader does not see what stands there. */
const invisible = regExp(
  String.raw`[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]`,
  String.raw`[\u{e0000}-\u{e007f}]`,
)
/** Commands to a CI system that count anywhere in a line: GitHub's old ones, Azure's, TeamCity's. */
const commands = /##(?=\[|vso\[|teamcity\[)/gi

/** Text from anywhere as one line of plain text: a terminal or a CI system shows it, and does nothing else. Linear in the text. */
export function printable(text: string): string {
  return shorten(withoutSequences(text).replace(controls, ' ').replace(invisible, '').replace(commands, '# #'), longest.line)
}

/**
 * The same for a text that may have several lines. Those after the first begin with a sign, so that none of them can be taken for
 * a line of ours, nor for a command to GitHub, which counts where a line begins.
 */
export function printableLines(text: string): string[] {
  const [first = '', ...rest] = splitLines(text).map(printable)
  const shown = rest.slice(0, longest.lines - 1).map((line) => `  | ${line}`)
  const left = rest.length - shown.length
  return [first.trimStart().startsWith('::') ? `| ${first}` : first, ...shown, ...(left > 0 ? [`  | … ${left} more lines`] : [])]
}

/** A return of the carriage alone writes over its line; what a terminal would have shown last does not matter here: all of it does. */
function splitLines(text: string): string[] {
  return text.trimEnd().split(/\r\n|\n|\r/)
}

/** A text without the escape sequences of a terminal. */
export function withoutSequences(text: string): string {
  return text.replace(sequences, '')
}

function regExp(...sources: string[]): RegExp {
  return new RegExp(sources.join('|'), 'gu')
}
