import { shorten } from './shorten.ts'

/** Maximum length of a line, and of a text in lines. The logs contain the rest. */
const longest = { line: 2_000, lines: 40 } as const

/** Complete escape sequences: with parameters (CSI), with a text (OSC and similar), and short ones. */
const sequences = regExp(
  String.raw`(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]`,
  String.raw`(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x80-\x9f]*(?:\x07|\x1b\\|\x9c)`,
  String.raw`\x1b[ -/]*[0-~]`,
)
const controls = regExp(String.raw`[\0-\x1f\x7f-\x9f\u2028\u2029]+`)
/** Invisible characters, and those that change the direction of text. */
const invisible = regExp(
  String.raw`[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]`,
  String.raw`[\u{e0000}-\u{e007f}]`,
)
/** Commands for CI systems that are recognised anywhere in a line: old ones of GitHub, Azure, TeamCity. */
const commands = /##(?=\[|vso\[|teamcity\[)/gi

/** Any text as one line of plain text, without effect on a terminal or a CI system. The time is linear in its length. */
export function printable(text: string): string {
  return shorten(plain(text), longest.line)
}

/** A text for another program to print: without such effects, in full. Lines cannot be a command to GitHub. */
export function withoutEffects(text: string): string {
  return splitLines(text).map(plain).map(withoutCommand).join('\n')
}

/**
 * The same for a text of several lines. Lines after the first begin with `|`, so that they cannot look like output of this program, and
 * cannot be a GitHub command, which is recognised at the start of a line.
 */
export function printableLines(text: string): string[] {
  const [first = '', ...rest] = splitLines(text).map(printable)
  const shown = rest.slice(0, longest.lines - 1).map((line) => `  | ${line}`)
  const left = rest.length - shown.length
  return [withoutCommand(first), ...shown, ...(left > 0 ? [`  | … ${left} more lines`] : [])]
}

function plain(line: string): string {
  return withoutSequences(line).replace(controls, ' ').replace(invisible, '').replace(commands, '# #')
}

/** GitHub recognises a command at the start of a line, after white space. */
function withoutCommand(line: string): string {
  return line.trimStart().startsWith('::') ? `| ${line}` : line
}

/** On a terminal, a carriage return overwrites the line. Here it starts a new line, so that all text is shown. */
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
