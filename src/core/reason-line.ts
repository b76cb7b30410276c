import { withoutSequences } from './printable.ts'

/**
 * The line in the output of a program that says why it failed: the message of a stack trace; else the first line that mentions an error,
 * because many tools end with a summary; else the last line. Empty if there is no output.
 */
export function reasonLine(output: string): string {
  const lines = splitOutput(output)
  return findTraceMessage(lines) ?? lines.find((line) => error.test(line)) ?? lines.at(-1) ?? ''
}

/** Splits output into lines. On a terminal, a carriage return overwrites the line (progress bars); here it starts a new line. */
function splitOutput(output: string): string[] {
  return withoutSequences(output)
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

const error =
  /\b(error|errors|fatal|failed|failure|fail|cannot|can't|could not|couldn't|unable|denied|refused|panic|no such|not found|invalid|unrecognized|unknown)\b|^E: /i

/** Finds the message of a Ruby stack trace: `path:171:in 'method': message (Class)`, then lines that begin with `from`. */
function findTraceMessage(lines: readonly string[]): string | undefined {
  const from = lines.findIndex((line) => /^from .+:\d+:in /.test(line))
  if (from > 0) return lines[from - 1]?.replace(/^.+?:\d+:in [`'].+?': /, '').replace(/ \([A-Z][A-Za-z:]*\)$/, '')
  return undefined
}
