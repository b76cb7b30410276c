import { withoutSequences } from './printable.ts'

/**
 * The line in the output of a program that says why it failed: the one that a person would quote. Give standard error first. Empty if there is
 * no output.
 *
 * A stack trace has its message at a known place. Otherwise it is the first line that looks like an error: many tools end with a
 * summary ("make: *** Error 1"). If no line looks like one, it is the last line.
 */
export function reasonLine(...streams: readonly string[]): string {
  const outputs = streams.map(splitOutput)
  for (const lines of outputs) {
    const found = findMessage(lines)
    if (found !== undefined) return found.trim()
  }
  const last = outputs.map((lines) => lines.findLast((line) => !isSummary(line)) ?? lines.at(-1))
  return last.find((line) => line !== undefined)?.trim() ?? ''
}

/** Splits output into lines. On a terminal, a carriage return overwrites the line (progress bars); here it starts a new line. */
export function splitOutput(output: string): string[] {
  return withoutSequences(output)
    .split(/[\r\n]+/)
    .map((line) => line.trimEnd())
    .filter((line) => line.trim() !== '')
}

function findMessage(lines: readonly string[]): string | undefined {
  const trace = findTraceMessage(lines)
  if (trace !== undefined) return trace
  const useful = lines.filter((line) => !isSummary(line))
  const index = [marked, worded].map((pattern) => useful.findIndex((line) => pattern.test(line))).find((at) => at >= 0)
  if (index === undefined) return undefined
  const [line = '', next = ''] = useful.slice(index, index + 2)
  return line.endsWith(':') && next !== '' ? `${line.trim()} ${next.trim()}` : line
}

/** Lines that begin as an error does: `E: …`, `fatal: …`, `x.c:1:19: error: …`, `[ERROR]: …`, `dpkg: error …`. */
const marked = /^\s*(\S+: )?(E:|\[?(error|fatal|panic)\]?(\(\w+\))?[:!]|error (processing|while)\b|[A-Za-z.]*(Error|Exception):)/i

/** Lines with a word of failure. Warnings are not errors. */
const worded = new RegExp(
  `^(?!\\s*(\\[?warn(ing)?\\b|W:|I:|N:|\\S+: warning:)).*\\b(${[
    "errors?|fatal|panic|fail(ed|ure|s)?|cannot|can't|could not|couldn't|unable|denied|refused|forbidden|not permitted",
    'no such|not found|does not exist|is not a|(?<!\\.)invalid|incorrect|unrecognized|unknown|undefined|required|timed out|timeout',
  ].join('|')})\\b`,
  'i',
)

const summaries: readonly RegExp[] = [
  /^E: Sub-process \S+ returned an error code/,
  /^E: Some index files failed to download/,
  /^E: mmdebstrap failed to run/,
  /^Errors were encountered while processing:/,
  /^make(\[\d+\])?: \*\*\* /,
  /^npm (error|ERR!) (code|errno|syscall|path|cwd|command)\b/,
  /^error: (update|preview|destroy|refresh) failed$/,
  /^(fatal|error): (Could not read from remote repository|failed to push)/,
  /^Module result deserialization failed/,
]

/** Whether a line only says that something failed. Another line says why. */
export function isSummary(line: string): boolean {
  return summaries.some((pattern) => pattern.test(line.trim()))
}

function findTraceMessage(lines: readonly string[]): string | undefined {
  return findRubyMessage(lines) ?? findPythonMessage(lines) ?? findPowerShellMessage(lines)
}

/** `path:171:in 'method': message (Class)`, then lines that begin with `from`. */
function findRubyMessage(lines: readonly string[]): string | undefined {
  const from = lines.findIndex((line) => /^\s*from .+:\d+:in /.test(line))
  return from <= 0 ? undefined : lines[from - 1]?.replace(/^.+?:\d+:in [`'].+?': /, '').replace(/ \([A-Z][A-Za-z:]*\)$/, '')
}

/** The first line without indentation after the last trace. */
function findPythonMessage(lines: readonly string[]): string | undefined {
  const start = lines.findLastIndex((line) => line.trim() === 'Traceback (most recent call last):')
  return start < 0 ? undefined : lines.slice(start + 1).find((line) => /^\S/.test(line))
}

/**
 * Windows PowerShell: the message, wrapped at the width of the console, then its place (`At …`, `+ CategoryInfo …`); for a syntax error
 * the place comes first. PowerShell 7: a picture of the place, with the message in its last lines, after `|`.
 */
function findPowerShellMessage(lines: readonly string[]): string | undefined {
  const category = lines.findIndex((line) => /^\s*\+ CategoryInfo\b/.test(line))
  if (category >= 0) {
    const text = lines.slice(0, category).filter((line) => !/^(\s*\+ |At (line:|\S.*:)\d+ char:)/.test(line))
    return text.length > 4 ? text[0] : text.map((line) => line.trim()).join(' ')
  }
  const picture = lines.findIndex((line) => line.trim() === 'Line |')
  const shown = picture < 0 ? [] : lines.slice(picture + 1).filter((line) => /^\s*\d* \|/.test(line))
  const underline = shown.findIndex((line) => /^\s*\|\s*~+\s*$/.test(line))
  const message = shown.slice(underline + 1).map((line) => line.replace(/^\s*\|\s*/, ''))
  return underline < 0 ? undefined : message.join(' ')
}
